#include "policy/source/fetch.h"

#include <utility>

#include "services/queries.h"

namespace broker {

void PolicyFetch::operator()(PolicyParameter::Answer answer) {
  answer_ = std::move(answer);
  torn_ = 0;
  ask();
}

void PolicyFetch::ask() {
  const ipc::Result<AwsEndpoint> ssm = require_ssm(profile_);
  if (!ssm) return finish(std::unexpected(ssm.error()));
  if (verifier_.enforces()) {
    call_ = ask_parameters(context_, *ssm, name_, signature_parameter(name_),
                           [this](ipc::Result<ParameterPair> pair) { on_pair(std::move(pair)); });
    return;
  }
  call_ = ask_parameter(context_, *ssm, name_, [this](ipc::Result<Parameter> parameter) {
    if (!parameter) return finish(std::unexpected(parameter.error()));
    finish(FetchedPolicy{std::move(parameter->value), parameter->version});
  });
}

void PolicyFetch::on_pair(ipc::Result<ParameterPair> pair) {
  if (!pair) return finish(std::unexpected(pair.error()));
  if (!pair->first) return finish(std::unexpected(no_parameter(name_)));
  std::optional<std::string> envelope;
  if (pair->second) envelope = std::move(pair->second->value);
  std::string text = std::move(pair->first->value);
  if (envelope && torn_ < kTornTries && is_torn(text, *envelope)) {
    ++torn_;
    pause_ = context_.timers.after(kTornPause, [this] { ask(); });
    if (pause_) return;
  }
  const std::int64_t version = pair->first->version;
  verifier_.verify("the policy " + name_, signed_name(name_), text, envelope,
                   [this, text, version](ipc::Result<std::uint64_t> serial) {
                     if (!serial) return finish(std::unexpected(serial.error()));
                     finish(FetchedPolicy{text, version, *serial});
                   });
}

void PolicyFetch::finish(ipc::Result<FetchedPolicy> fetched) {
  if (const PolicyParameter::Answer answer = std::exchange(answer_, nullptr)) answer(std::move(fetched));
}

}  // namespace broker
