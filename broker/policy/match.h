// Tells whether one rule's conditions hold for one question, and if not, the first that does not, in
// policy/conditions.def's order.
//
// What is not known never permits: a condition that needs it does not hold for a rule that could permit, and holds
// for a rule that denies. `users` is the exception: a caller without a name is on no list, whatever the effect.
// Runs in: broker, main thread, and the policy tools.   Blocks: never.
// Owns: a Moment remembers what the clocks of the zones say at one instant.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "policy/device_demands.h"
#include "policy/policy.h"
#include "policy/time_window.h"

namespace broker {

enum class Condition : std::uint8_t {
#define CONDITION(name, key, asks) k##name,
#include "policy/conditions.def"
};
inline constexpr std::string_view kConditionWords[] = {
#define CONDITION(name, key, asks) key,
#include "policy/conditions.def"
};
constexpr std::string_view word(Condition condition) { return kConditionWords[static_cast<std::size_t>(condition)]; }

// One instant as the zones' clocks show it; each zone is asked once. Beyond kRoom zones they are asked each time.
class Moment {
 public:
  explicit Moment(std::chrono::sys_seconds instant) : instant_(instant) {}
  // Nothing when the zone cannot say.
  std::optional<LocalMinute> in(const date::time_zone& zone);

 private:
  static constexpr std::size_t kRoom = 64;
  struct Shown {
    const date::time_zone* zone = nullptr;
    std::optional<LocalMinute> minute;
  };
  std::chrono::sys_seconds instant_;
  std::array<Shown, kRoom> shown_{};
};

Truth truth_of(Condition condition, const Conditions& conditions, const PolicyQuery& query, Moment& moment);

struct Match {
  bool holds = false;
  bool unknown = false;                     // when it does not: for want of a fact
  bool clock_unreadable = false;            // when it does: but for a zone that cannot say what time it is
  Condition missed = Condition::kProfiles;  // when it does not
};

Match match(const Rule& rule, const PolicyQuery& query, Moment& moment);

}  // namespace broker
