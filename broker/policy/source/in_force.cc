#include "policy/source/in_force.h"

#include <utility>

#include "policy/source/file.h"
#include "policy/source/once.h"

namespace broker {

PolicyInForce::PolicyInForce(Parts& parts, NamedPolicy place)
    : aws_(parts.aws),
      place_(std::move(place)),
      verifier_(parts.aws, std::move(parts.kms), std::move(parts.key), std::move(parts.versions)) {}

ipc::Result<std::unique_ptr<PolicyInForce>> PolicyInForce::open(Parts parts, NamedPolicy place, Hearer& first) {
  std::unique_ptr<PolicyInForce> policy(new PolicyInForce(parts, std::move(place)));
  policy->listen(first);
  if (ipc::Status opened = policy->open_source(parts.base, std::move(parts.ssm)); !opened)
    return std::unexpected(opened.error());
  return policy;
}

ipc::Status PolicyInForce::open_source(event_base* base, ipc::Result<AwsEndpoint> ssm) {
  if (place_.text) {
    auto once = PolicyOnce::open(place_.text.get(), place_.file, verifier_);
    if (!once) return std::unexpected(once.error());
    place_.text.reset();
    source_ = std::move(*once);
  } else if (!place_.file.empty()) {
    return open_file(base);
  } else if (!place_.parameter.empty()) {
    source_ = std::make_unique<PolicyParameter>(base, PolicyParameter::Parts{aws_, std::move(ssm), verifier_},
                                                place_.parameter, place_.freshness, tell_changed(),
                                                [this](const ipc::Error* why) {
                                                  for (Hearer* const hearer : hearers_) hearer->on_policy_stale(why);
                                                });
  } else {
    source_ = std::make_unique<NoPolicy>();
  }
  return {};
}

ipc::Status PolicyInForce::open_file(event_base* base) {
  auto file = PolicyFile::open(place_.told_between_requests ? base : nullptr, place_.file, verifier_, tell_changed(),
                               [this](const std::string& sentence) {
                                 for (Hearer* const hearer : hearers_) hearer->on_policy_warning(sentence);
                               });
  if (!file) return std::unexpected(file.error());
  user_can_change_ = (*file)->user_can_change();
  source_ = std::move(*file);
  return {};
}

PolicySource::Changed PolicyInForce::tell_changed() {
  return [this](const ipc::Result<const Policy*>& policy) {
    for (Hearer* const hearer : hearers_) hearer->on_policy_changed(policy);
  };
}

void PolicyInForce::start(Ready ready) {
  if (started_ == Started::kYes) {
    // What it says now: the first start may have failed, and a later fetch not.
    const auto policy = source_->current(aws_.clock.since_boot());
    return ready(policy ? ipc::Status() : std::unexpected(policy.error()));
  }
  waiting_.push_back(std::move(ready));
  if (std::exchange(started_, Started::kUnderWay) == Started::kUnderWay) return;
  source_->start([this](const ipc::Status& started) { on_started(started); });
}

void PolicyInForce::on_started(const ipc::Status& started) {
  started_ = Started::kYes;
  for (const Ready& ready : std::exchange(waiting_, {})) ready(started);
}

}  // namespace broker
