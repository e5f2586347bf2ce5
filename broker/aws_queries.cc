#include "aws_queries.h"

#include <utility>

#include "sts.h"

namespace broker {
namespace {

ipc::Result<Principal> principal(std::expected<HttpAnswer, AwsCallError> outcome) {
  if (!outcome) {
    ipc::Error error = std::move(outcome.error().error);
    if (error.next_step.empty()) error.next_step = sts_next_step("GetCallerIdentity", outcome.error().failure.code);
    return std::unexpected(std::move(error));
  }
  auto identity = read_caller_identity(outcome->body.view());
  if (!identity) return std::unexpected(std::move(identity.error()));
  return parse_principal(identity->arn, identity->account);
}

}  // namespace

std::unique_ptr<AwsCall> ask_identity(AwsContext& context, const AwsEndpoint& sts, const BaseKey& key,
                                      std::function<void(ipc::Result<Principal>)> done) {
  return std::make_unique<AwsCall>(context, get_caller_identity(sts), key, read_sts_failure,
                                   [done = std::move(done)](std::expected<HttpAnswer, AwsCallError> outcome) {
                                     done(principal(std::move(outcome)));
                                   });
}

std::unique_ptr<AwsCall> ask_parameter(AwsContext& context, const AwsEndpoint& ssm, const BaseKey& key,
                                       std::string name, std::function<void(ipc::Result<Parameter>)> done) {
  AwsRequest request = get_parameter(ssm, name);
  return std::make_unique<AwsCall>(
      context, std::move(request), key, read_ssm_failure,
      [name = std::move(name), done = std::move(done)](std::expected<HttpAnswer, AwsCallError> outcome) {
        if (!outcome) return done(std::unexpected(parameter_error(name, std::move(outcome.error()))));
        done(read_parameter(name, outcome->body.view()));
      });
}

}  // namespace broker
