#include "services/queries.h"

#include <utility>

#include "call/json_failure.h"
#include "services/sts.h"

namespace broker {
namespace {

ipc::Result<Principal> principal(std::expected<HttpAnswer, AwsCallError> outcome) {
  if (!outcome) {
    ipc::Error error = std::move(outcome.error().error);
    if (error.next_step.empty()) error.next_step = sts_next_step("GetCallerIdentity", outcome.error().failure);
    return std::unexpected(std::move(error));
  }
  auto identity = read_caller_identity(outcome->body.view());
  if (!identity) return std::unexpected(std::move(identity.error()));
  return parse_principal(identity->arn, identity->account);
}

}  // namespace

std::unique_ptr<AwsCall> ask_identity(AwsContext& context, const AwsEndpoint& sts, OnPrincipal done) {
  return ask_identity(context, sts, nullptr, std::move(done));
}

std::unique_ptr<AwsCall> ask_identity(AwsContext& context, const AwsEndpoint& sts, std::shared_ptr<const BaseKey> key,
                                      OnPrincipal done) {
  return std::make_unique<AwsCall>(context, get_caller_identity(sts), std::move(key), read_sts_failure,
                                   [done = std::move(done)](std::expected<HttpAnswer, AwsCallError> outcome) {
                                     done(principal(std::move(outcome)));
                                   });
}

std::unique_ptr<AwsCall> ask_parameter(AwsContext& context, const AwsEndpoint& ssm, std::string name,
                                       std::function<void(ipc::Result<Parameter>)> done) {
  AwsRequest request = get_parameter(ssm, name);
  return std::make_unique<AwsCall>(
      context, std::move(request), read_ssm_failure,
      [name = std::move(name), done = std::move(done)](std::expected<HttpAnswer, AwsCallError> outcome) {
        if (!outcome) return done(std::unexpected(parameter_error(name, std::move(outcome.error()))));
        done(read_parameter(name, outcome->body.view()));
      });
}

std::unique_ptr<AwsCall> ask_parameters(AwsContext& context, const AwsEndpoint& ssm, std::string first,
                                        std::string second, std::function<void(ipc::Result<ParameterPair>)> done) {
  AwsRequest request = get_parameters(ssm, first, second);
  return std::make_unique<AwsCall>(context, std::move(request), read_ssm_failure,
                                   [first = std::move(first), second = std::move(second),
                                    done = std::move(done)](std::expected<HttpAnswer, AwsCallError> outcome) {
                                     if (!outcome)
                                       return done(std::unexpected(parameter_error(first, std::move(outcome.error()))));
                                     done(read_parameters(first, second, outcome->body.view()));
                                   });
}

std::unique_ptr<AwsCall> ask_put_parameter(AwsContext& context, const AwsEndpoint& ssm, std::string name,
                                           std::string_view value,
                                           std::function<void(ipc::Result<std::int64_t>)> done) {
  AwsRequest request = put_parameter(ssm, name, value);
  return std::make_unique<AwsCall>(
      context, std::move(request), read_ssm_failure,
      [name = std::move(name), done = std::move(done)](std::expected<HttpAnswer, AwsCallError> outcome) {
        if (!outcome) return done(std::unexpected(put_error(name, std::move(outcome.error()))));
        done(read_put(name, outcome->body.view()));
      });
}

std::unique_ptr<AwsCall> ask_kms_verify(AwsContext& context, const AwsEndpoint& kms, std::string_view kms_key,
                                        std::string_view message, std::string_view signature,
                                        std::function<void(ipc::Status)> done) {
  return std::make_unique<AwsCall>(context, kms_verify(kms, kms_key, message, signature), read_json_failure,
                                   [done = std::move(done)](std::expected<HttpAnswer, AwsCallError> outcome) {
                                     if (!outcome)
                                       return done(std::unexpected(kms_error("Verify", std::move(outcome.error()))));
                                     done(read_kms_verified(outcome->body.view()));
                                   });
}

std::unique_ptr<AwsCall> ask_kms_sign(AwsContext& context, const AwsEndpoint& kms, std::string_view kms_key,
                                      std::string_view message, std::function<void(ipc::Result<KmsSignature>)> done) {
  return std::make_unique<AwsCall>(context, kms_sign(kms, kms_key, message), read_json_failure,
                                   [done = std::move(done)](std::expected<HttpAnswer, AwsCallError> outcome) {
                                     if (!outcome)
                                       return done(std::unexpected(kms_error("Sign", std::move(outcome.error()))));
                                     done(read_kms_signature(outcome->body.view()));
                                   });
}

std::unique_ptr<AwsCall> ask_write_item(AwsContext& context, std::string table, AwsRequest request, Written done) {
  std::string action = request.action;
  return std::make_unique<AwsCall>(context, std::move(request), read_json_failure,
                                   [table = std::move(table), action = std::move(action),
                                    done = std::move(done)](std::expected<HttpAnswer, AwsCallError> outcome) {
                                     if (outcome) {
                                       const ipc::Status read = read_written(action, outcome->body.view());
                                       return read ? done(true) : done(std::unexpected(read.error()));
                                     }
                                     if (condition_failed(outcome.error().failure)) return done(false);
                                     done(std::unexpected(table_error(table, std::move(outcome.error()))));
                                   });
}

std::unique_ptr<AwsCall> ask_item(AwsContext& context, const AwsEndpoint& dynamodb, const TableKey& item,
                                  std::function<void(ipc::Result<std::optional<Item>>)> done) {
  return std::make_unique<AwsCall>(
      context, get_item(dynamodb, item), read_json_failure,
      [table = item.table, done = std::move(done)](std::expected<HttpAnswer, AwsCallError> outcome) {
        if (!outcome) return done(std::unexpected(table_error(table, std::move(outcome.error()))));
        done(read_item(outcome->body.view()));
      });
}

}  // namespace broker
