// The policy in an SSM parameter, fetched by a function that the broker gives and refreshed in the background; no
// request ever waits for it.
//
// Runs in: broker, main thread.   Blocks: never.   Owns: its timer.
// Units: BootClock for age; kRefresh between the starts of two fetches, kMaxAge from the end of the last good one.
// Fails: a fetch that fails keeps the last good policy until it is kMaxAge old (SPEC 3.2), then every request is
// refused. A text that arrives and is no valid policy is refused at once: it is what the fleet's policy now says.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "policy_source.h"

struct event;
struct event_base;

namespace broker {

struct FetchedPolicy {
  std::string text;
  std::int64_t version = 0;  // of the parameter
};

class PolicyParameter final : public PolicySource {
 public:
  using Answer = std::function<void(ipc::Result<FetchedPolicy>)>;
  using Fetch = std::function<void(Answer)>;  // must call the answer once, now or later; has its own deadline
  using Ready = std::function<void(ipc::Status)>;
  static constexpr std::chrono::seconds kRefresh{60};
  static constexpr std::chrono::minutes kMaxAge{5};
  static constexpr std::chrono::seconds kPause{5};  // requests that find a stale policy start no more fetches than this

  // `base` may be null: then nothing refreshes but start() and a stale current().
  PolicyParameter(event_base* base, std::string name, Fetch fetch, Changed changed);
  ~PolicyParameter() override;

  // Fetches for the first time and tells `ready` once how that went; then refreshes for ever.
  void start(Ready ready);
  // Starts a fetch unless one is under way.
  void refresh();
  ipc::Result<const Policy*> current(BootClock::time_point now) override;

 private:
  void on_answer(ipc::Result<FetchedPolicy> fetched, BootClock::time_point now);
  void accept(FetchedPolicy fetched);
  void tell() const;

  std::string name_;
  Fetch fetch_;
  Changed changed_;
  Ready ready_;
  ipc::Result<Policy> policy_;
  FetchedPolicy fetched_;
  BootClock::time_point fetched_at_{}, started_at_{};
  std::string last_failure_;  // of the fetches since the last good one
  bool fetching_ = false;
  bool ever_fetched_ = false;
  event* timer_ = nullptr;
  std::shared_ptr<PolicyParameter*> self_;  // an answer that outlives this object finds nobody
};

}  // namespace broker
