#include "policy/source/parameter.h"

#include <event2/event.h>
#include <sys/time.h>

#include <algorithm>
#include <utility>

#include "policy/yaml/load.h"
#include "services/queries.h"

namespace broker {

using ipc::Fault;

PolicyParameter::PolicyParameter(event_base* base, Parts parts, std::string name, PolicyFreshness freshness,
                                 Changed changed, Stale stale)
    : parts_(std::move(parts)),
      name_(std::move(name)),
      freshness_(freshness),
      changed_(std::move(changed)),
      stale_(std::move(stale)),
      policy_(ipc::fail(Fault::kUnavailable, "the policy " + name_ + " has not been fetched yet", "try again")) {
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
    const timeval period{freshness_.poll.count(), 0};
    event_add(timer_, &period);
  }
  refresh();
}

void PolicyParameter::refresh() {
  if (std::exchange(fetching_, true)) return;
  started_at_ = parts_.context.clock.since_boot();
  torn_ = 0;
  ask();
}

void PolicyParameter::ask() {
  if (!parts_.ssm) return on_answer(std::unexpected(parts_.ssm.error()));
  if (parts_.verifier.enforces()) {
    call_ = ask_parameters(parts_.context, *parts_.ssm, name_, signature_parameter(name_),
                           [this](ipc::Result<ParameterPair> pair) { on_pair(std::move(pair)); });
  } else {
    call_ = ask_parameter(parts_.context, *parts_.ssm, name_,
                          [this](ipc::Result<Parameter> parameter) { on_unsigned(std::move(parameter)); });
  }
}

void PolicyParameter::on_unsigned(ipc::Result<Parameter> parameter) {
  if (!parameter) return on_answer(std::unexpected(std::move(parameter.error())));
  on_answer(Fetched{std::move(parameter->value)});
}

void PolicyParameter::on_pair(ipc::Result<ParameterPair> pair) {
  if (!pair) return on_answer(std::unexpected(std::move(pair.error())));
  if (!pair->first) return on_answer(std::unexpected(no_parameter(name_)));
  std::optional<std::string> envelope;
  if (pair->second) envelope = std::move(pair->second->value);
  if (envelope && torn_ < kTornTries && is_torn(pair->first->value, *envelope)) {
    ++torn_;
    pause_ = parts_.context.timers.after(kTornPause, [this] { ask(); });
    if (pause_) return;
  }
  verify(std::move(pair->first->value), envelope);
}

void PolicyParameter::verify(std::string text, const std::optional<std::string>& envelope) {
  const auto verified = presence_.guard([this, text](ipc::Result<std::uint64_t> version) {
    if (!version) return on_answer(std::unexpected(std::move(version.error())));
    on_answer(Fetched{text, *version});
  });
  parts_.verifier.verify("the policy " + name_, signed_name(name_), text, envelope, verified);
}

void PolicyParameter::on_answer(ipc::Result<Fetched> fetched) {
  fetching_ = false;
  ipc::Status outcome;
  if (!fetched) outcome = std::unexpected(fetched.error());
  if (fetched)
    confirm(std::move(*fetched), parts_.context.clock.since_boot());
  else
    fail(fetched.error());
  if (outcome && !policy_) outcome = std::unexpected(policy_.error());
  if (const Ready ready = std::exchange(ready_, nullptr)) ready(std::move(outcome));
}

void PolicyParameter::confirm(Fetched fetched, Clock::SinceBoot now) {
  const bool was_stale = !last_failure_.empty();
  last_failure_.clear();
  fetched_at_ = now;
  const bool same = ever_fetched_ && fetched.text == fetched_.text;
  fetched_ = std::move(fetched);
  if (!same) put(load_policy(fetched_.text, name_));
  if (was_stale && policy_ && stale_) stale_(nullptr);
}

void PolicyParameter::fail(const ipc::Error& error) {
  const bool was_fresh = last_failure_.empty();
  last_failure_ = error.what;
  if (error.fault != ipc::Fault::kUnavailable) {
    fetched_ = {};  // the same text is judged again when it comes back
    put(std::unexpected(error));
  } else if (was_fresh && policy_ && stale_) {
    stale_(&error);
  }
}

void PolicyParameter::put(ipc::Result<Policy> policy) {
  const bool same_error = !policy_ && !policy && policy_.error().what == policy.error().what;
  const bool is_change = std::exchange(ever_fetched_, true) && !same_error;  // the first policy is no change
  policy_ = std::move(policy);
  if (!is_change || !changed_) return;
  if (policy_) changed_(&*policy_);
  if (!policy_) changed_(std::unexpected(policy_.error()));
}

// Between two fetches that succeed, a policy is as fresh as can be.
bool PolicyParameter::too_old(Clock::SinceBoot now) const {
  if (!ever_fetched_) return false;
  const auto undisturbed = std::max(freshness_.max_age, freshness_.poll + kFetchTime);
  return now - fetched_at_ > (last_failure_.empty() ? undisturbed : freshness_.max_age);
}

ipc::Error PolicyParameter::too_old_error() const {
  const std::int64_t seconds = freshness_.max_age.count();
  std::string span;
  if (seconds != 0)
    span = seconds % 60 == 0 ? std::to_string(seconds / 60) + " minutes" : std::to_string(seconds) + " seconds";
  const std::string why = last_failure_.empty() ? "" : ": " + last_failure_;
  return {Fault::kUnavailable,
          "the policy " + name_ + " could not be refreshed" + (span.empty() ? "" : " for " + span) + why,
          "try again when Parameter Store can be reached", 0};
}

ipc::Result<const Policy*> PolicyParameter::current(Clock::SinceBoot now) {
  // The machine may have slept: the next try finds a fresh one. The answer may even come within this call.
  if (too_old(now) && now - started_at_ > kPause) refresh();
  if (!policy_) return std::unexpected(policy_.error());
  if (too_old(now)) return std::unexpected(too_old_error());
  return &*policy_;
}

std::optional<std::chrono::seconds> PolicyParameter::stale_for(Clock::SinceBoot now) const {
  if (last_failure_.empty() || !policy_) return std::nullopt;
  return std::max(std::chrono::ceil<std::chrono::seconds>(now - fetched_at_), std::chrono::seconds(1));
}

}  // namespace broker
