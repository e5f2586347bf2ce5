// The policy in an SSM parameter, fetched by a function that the broker gives and refreshed in the background; no
// request ever waits for it.
//
// Runs in: broker, main thread.   Blocks: never.   Owns: its timer.
// Units: time since boot for age; `poll` between the starts of two fetches, `max_age` from the end of the last good
// one. Fails: a fetch that fails with kUnavailable keeps the last good policy until it is `max_age` old, then every
// request is refused. What else goes wrong is what the fleet's policy now says, and is refused at once: a text that is
// no valid policy, a signature that is missing or not good, a parameter that is gone or may no longer be read.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "policy/source/source.h"

struct event;
struct event_base;

namespace broker {

struct FetchedPolicy {
  std::string text;
  std::int64_t version = 0;          // of the parameter
  std::uint64_t signed_version = 0;  // by its signature, which was verified; 0: unsigned
};

struct PolicyFreshness {
  std::chrono::seconds poll{60};
  std::chrono::seconds max_age{300};  // 0: nothing is used once a fetch has failed
};

class PolicyParameter final : public PolicySource {
 public:
  using Answer = std::function<void(ipc::Result<FetchedPolicy>)>;
  using Fetch = std::function<void(Answer)>;  // must call the answer once, now or later; has its own deadline
  // Told when the policy begins to be stale, with the reason, and when it is confirmed again, with null.
  using Stale = std::function<void(const ipc::Error* why)>;
  static constexpr std::chrono::seconds kPause{5};  // requests that find a stale policy start no more fetches than this

  static constexpr std::chrono::seconds kFetchTime{30};  // longer than a fetch that AWS does not answer

  // `base` may be null: then nothing refreshes but start() and a stale current(). `clock` outlives it.
  PolicyParameter(event_base* base, const Clock& clock, std::string name, PolicyFreshness freshness, Fetch fetch,
                  Changed changed, Stale stale);
  ~PolicyParameter() override;

  // Fetches for the first time; then refreshes for ever.
  void start(Ready ready) override;
  // Starts a fetch unless one is under way.
  void refresh();
  ipc::Result<const Policy*> current(Clock::SinceBoot now) override;
  [[nodiscard]] std::optional<std::chrono::seconds> stale_for(Clock::SinceBoot now) const override;
  [[nodiscard]] std::uint64_t signed_version() const override { return fetched_.signed_version; }

 private:
  void on_answer(ipc::Result<FetchedPolicy> fetched, Clock::SinceBoot now);
  void confirm(FetchedPolicy fetched, Clock::SinceBoot now);
  void fail(const ipc::Error& error);
  void put(ipc::Result<Policy> policy);
  [[nodiscard]] bool too_old(Clock::SinceBoot now) const;
  [[nodiscard]] ipc::Error too_old_error() const;

  const Clock& clock_;
  std::string name_;
  PolicyFreshness freshness_;
  Fetch fetch_;
  Changed changed_;
  Stale stale_;
  Ready ready_;
  ipc::Result<Policy> policy_;
  FetchedPolicy fetched_;
  Clock::SinceBoot fetched_at_{}, started_at_{};
  std::string last_failure_;  // why the last fetch gave nothing; empty: it did
  bool fetching_ = false;
  bool ever_fetched_ = false;
  event* timer_ = nullptr;
  std::shared_ptr<PolicyParameter*> self_;  // an answer that outlives this object finds nobody
};

}  // namespace broker
