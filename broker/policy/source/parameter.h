// The policy in an SSM parameter, with its signature in a second one where one is demanded: fetches and verifies it,
// refreshes it in the background, and lets it grow old. No request ever waits for it.
//
// Blocks: never.   Owns: its timer and the call under way.
// The base key signs, not a role of the chain: reading policy must not need, or make, a role session.
// Units: time since boot for age; `poll` between the starts of two fetches, `max_age` from the end of the last good
// one. Fails: a fetch that fails with kUnavailable keeps the last good policy until it is `max_age` old, then every
// request is refused. What else goes wrong is what the fleet's policy now says, and is refused at once: a text that is
// no valid policy, a signature that is missing or not good, a parameter that is gone or may no longer be read.
// A pair that does not belong together is asked for again, kTornTries times after kTornPause, because a push writes one
// of the two first; then it is kUnavailable. Faults of verified pairs: policy/source/verifier.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "call/aws_call.h"
#include "host/callback_guard.h"
#include "policy/source/source.h"
#include "policy/source/verifier.h"
#include "services/ssm.h"

struct event;
struct event_base;

namespace broker {

struct PolicyFreshness {
  std::chrono::seconds poll{60};
  std::chrono::seconds max_age{300};  // 0: nothing is used once a fetch has failed
};

class PolicyParameter final : public PolicySource {
 public:
  // Told when the policy begins to be stale, with the reason, and when it is confirmed again, with null.
  using Stale = std::function<void(const ipc::Error* why)>;
  static constexpr std::chrono::seconds kPause{5};  // requests that find a stale policy start no more fetches than this
  static constexpr std::chrono::seconds kFetchTime{30};  // longer than a fetch that AWS does not answer
  static constexpr int kTornTries = 3;
  static constexpr std::chrono::milliseconds kTornPause{300};

  // Where the parameter is asked for, and what says whether it may be used; both outlive the source.
  struct Parts {
    AwsContext& context;
    ipc::Result<AwsEndpoint> ssm;  // or why this profile has none
    PolicyVerifier& verifier;
  };

  // `base` may be null: then nothing refreshes but start() and a stale current().
  PolicyParameter(event_base* base, Parts parts, std::string name, PolicyFreshness freshness, Changed changed,
                  Stale stale);
  ~PolicyParameter() override;

  // Fetches for the first time; then refreshes for ever.
  void start(Ready ready) override;
  // Starts a fetch unless one is under way.
  void refresh();
  ipc::Result<const Policy*> current(Clock::SinceBoot now) override;
  [[nodiscard]] std::optional<std::chrono::seconds> stale_for(Clock::SinceBoot now) const override;
  [[nodiscard]] std::uint64_t signed_version() const override { return fetched_.signed_version; }

 private:
  struct Fetched {
    std::string text;
    std::uint64_t signed_version = 0;  // by its signature, which was verified; 0: unsigned
  };
  void ask();
  void on_unsigned(ipc::Result<Parameter> parameter);
  void on_pair(ipc::Result<ParameterPair> pair);
  void verify(std::string text, const std::optional<std::string>& envelope);
  void on_answer(ipc::Result<Fetched> fetched);
  void confirm(Fetched fetched, Clock::SinceBoot now);
  void fail(const ipc::Error& error);
  void put(ipc::Result<Policy> policy);
  [[nodiscard]] bool too_old(Clock::SinceBoot now) const;
  [[nodiscard]] ipc::Error too_old_error() const;

  Parts parts_;
  std::string name_;
  PolicyFreshness freshness_;
  Changed changed_;
  Stale stale_;
  Ready ready_;
  ipc::Result<Policy> policy_;
  Fetched fetched_;
  Clock::SinceBoot fetched_at_{}, started_at_{};
  std::string last_failure_;  // why the last fetch gave nothing; empty: it did
  bool fetching_ = false;
  bool ever_fetched_ = false;
  int torn_ = 0;  // pairs of this fetch that did not belong together
  event* timer_ = nullptr;
  std::unique_ptr<AwsCall> call_;
  std::unique_ptr<Timer> pause_;
  CallbackGuard presence_;  // for a verdict of the verifier that comes when the source is gone
};

}  // namespace broker
