// Decides how long credentials may live: one rule for every mode and every kind of profile.
//
// What is wanted (a flag, else the mode's default) is cut by every cap, in this order: the rule's max_server_duration
// in server mode, its max_duration, the time left of the approval or break-glass event that lifted a refusal, an hour
// where one role's keys assume the next, the rule's hard_expiry. Keys that are handed on as they are (a temporary base
// key without a role) cannot be shortened: a cap below what they have left refuses them. A cap only ever shortens:
// defaults come first, so that a cap of 4 h does not turn a default of 15 minutes into 4 h (upstream's did). STS issues
// nothing below 15 minutes: less is refused, unless the rule has a hard expiry, by which AWS itself ends what STS
// issued for longer (policy/narrowing.h).
// Blocks: never. Pure.   Units: whole seconds.
// Fails: kRefused where a cap leaves too little, kConfig where STS issues nothing for this profile or this wish.
#pragma once

#include <chrono>
#include <optional>

#include "ipc/result.h"
#include "policy/policy.h"

namespace broker {

inline constexpr std::chrono::seconds kShortestHardEnd{60};  // what hard_expiry may be at least

// What AWS makes of a profile.
struct KeySource {
  bool has_role = false;        // else GetSessionToken issues, or a temporary base key is handed on as it is
  bool chained = false;         // one role's keys assume the next
  bool temporary_base = false;  // the key to begin with is temporary itself
  bool takes_tags = true;       // false: the role is assumed with a web identity, whose token alone sets tags
  std::chrono::seconds profile_duration{0};  // duration_seconds of the profile; 0: not set
};

struct LifetimeQuestion {
  std::chrono::seconds wanted{0};  // by a flag; 0: the mode's default
  Mode mode = Mode::kServer;
  KeySource source{};
  std::optional<std::chrono::seconds> max_server_duration{}, max_duration{}, hard_expiry{};  // of the rule
  std::optional<std::chrono::seconds> override_left{};                                       // of what lifted a refusal
  std::optional<std::chrono::seconds> base_left{};  // of a temporary base key's own life
};

struct Lifetime {
  std::chrono::seconds granted{0};  // from the issue on; nothing is advertised for longer
  std::chrono::seconds asked{0};    // what STS is asked for: granted, but at least its shortest
  bool hard_end = false;            // AWS itself must end the credentials after `granted`
  // The rule's own, kept for a profile without a role alone: its key may turn out to be one that is handed on.
  std::optional<std::chrono::seconds> cap{};
  bool operator==(const Lifetime&) const = default;
};

ipc::Result<Lifetime> decide_lifetime(const LifetimeQuestion& question);

// Whether keys that live for `left` more (none: unknown) may be handed on under a cap (none: however long they live).
ipc::Status can_be_handed_on(std::optional<std::chrono::seconds> cap, std::optional<std::chrono::seconds> left);

// The same once only `left` remains, counted anew at each issue.
ipc::Result<Lifetime> shortened(const Lifetime& lifetime, std::chrono::seconds left);

// The question of a verdict's rule, without an override.
LifetimeQuestion question_for(const Verdict& verdict, std::chrono::seconds wanted, Mode mode, const KeySource& source);

}  // namespace broker
