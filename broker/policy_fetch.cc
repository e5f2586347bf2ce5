#include "policy_fetch.h"

#include "ssm.h"

namespace broker {

void PolicyFetch::operator()(PolicyParameter::Answer answer) {
  const ipc::Result<AwsEndpoint> ssm = require_ssm(profile_);
  if (!ssm) return answer(std::unexpected(ssm.error()));
  const auto done = [name = name_, answer](std::expected<HttpAnswer, AwsCallError> outcome) {
    if (!outcome) return answer(std::unexpected(parameter_error(name, std::move(outcome.error()))));
    ipc::Result<Parameter> parameter = read_parameter(name, outcome->body.view());
    if (!parameter) return answer(std::unexpected(parameter.error()));
    answer(FetchedPolicy{std::move(parameter->value), static_cast<long>(parameter->version)});
  };
  call_ = std::make_unique<AwsCall>(context_, get_parameter(*ssm, name_), profile_.base, read_ssm_failure, done);
}

}  // namespace broker
