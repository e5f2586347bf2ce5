#include "policy_parameter.h"

#include <event2/event.h>
#include <sys/time.h>

#include <utility>

#include "policy_yaml.h"

namespace broker {

using ipc::Fault;

PolicyParameter::PolicyParameter(event_base* base, std::string name, Fetch fetch, Changed changed)
    : name_(std::move(name)),
      fetch_(std::move(fetch)),
      changed_(std::move(changed)),
      policy_(ipc::fail(Fault::kUnavailable, "the policy " + name_ + " has not been fetched yet", "try again")),
      self_(std::make_shared<PolicyParameter*>(this)) {
  if (base == nullptr) return;
  const auto on_timer = [](evutil_socket_t, short, void* self) { static_cast<PolicyParameter*>(self)->refresh(); };
  timer_ = event_new(base, -1, EV_PERSIST, on_timer, this);
}

PolicyParameter::~PolicyParameter() {
  if (timer_ != nullptr) event_free(timer_);
}

void PolicyParameter::start(Ready ready) {
  ready_ = std::move(ready);
  if (timer_ != nullptr) {
    const timeval period{kRefresh.count(), 0};
    event_add(timer_, &period);
  }
  refresh();
}

void PolicyParameter::refresh() {
  if (std::exchange(fetching_, true)) return;
  started_at_ = BootClock::now();
  fetch_([weak = std::weak_ptr(self_)](ipc::Result<FetchedPolicy> fetched) {
    const auto self = weak.lock();
    if (self && (*self)->fetching_) (*self)->on_answer(std::move(fetched), BootClock::now());
  });
}

void PolicyParameter::on_answer(ipc::Result<FetchedPolicy> fetched, BootClock::time_point now) {
  fetching_ = false;
  ipc::Status outcome;
  if (!fetched) {
    last_failure_ = fetched.error().what;
    outcome = std::unexpected(std::move(fetched.error()));
  } else {
    last_failure_.clear();
    const bool same = ever_fetched_ && fetched->text == fetched_.text;
    fetched_at_ = now;
    if (same) fetched_.version = fetched->version;
    if (!same) accept(std::move(*fetched));
    if (!policy_) outcome = std::unexpected(policy_.error());
  }
  if (const Ready ready = std::exchange(ready_, nullptr)) ready(std::move(outcome));
}

void PolicyParameter::accept(FetchedPolicy fetched) {
  policy_ = load_policy(fetched.text, name_);
  fetched_ = std::move(fetched);
  const bool is_change = std::exchange(ever_fetched_, true);
  if (is_change && changed_) tell();  // the first policy is no change
}

void PolicyParameter::tell() const {
  if (policy_) changed_(&*policy_);
  if (!policy_) changed_(std::unexpected(policy_.error()));
}

ipc::Result<const Policy*> PolicyParameter::current(BootClock::time_point now) {
  if (ever_fetched_ && now - fetched_at_ > kMaxAge) {
    // The machine may have slept: the next try finds a fresh one. The answer may even come within this call.
    if (now - started_at_ > kPause) refresh();
    if (now - fetched_at_ > kMaxAge) {
      const std::string why = last_failure_.empty() ? "" : ": " + last_failure_;
      return ipc::fail(Fault::kUnavailable, "the policy " + name_ + " could not be refreshed for 5 minutes" + why,
                       "try again when Parameter Store can be reached");
    }
  }
  if (!policy_) return std::unexpected(policy_.error());
  return &*policy_;
}

}  // namespace broker
