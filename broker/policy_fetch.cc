#include "policy_fetch.h"

#include "aws_queries.h"

namespace broker {

void PolicyFetch::operator()(PolicyParameter::Answer answer) {
  const ipc::Result<AwsEndpoint> ssm = require_ssm(profile_);
  if (!ssm) return answer(std::unexpected(ssm.error()));
  call_ = ask_parameter(context_, *ssm, profile_.base, name_, [answer](ipc::Result<Parameter> parameter) {
    if (!parameter) return answer(std::unexpected(parameter.error()));
    answer(FetchedPolicy{std::move(parameter->value), parameter->version});
  });
}

}  // namespace broker
