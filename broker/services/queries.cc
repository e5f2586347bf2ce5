#include "services/queries.h"

#include <utility>

#include "call/json_failure.h"
#include "services/sts.h"

namespace broker {
namespace {

using Outcome = std::expected<HttpAnswer, AwsCallError>;

// Sends the request; `done` is told what `read` makes of the answer's body, or what `word_error` makes of the failure:
// a sentence, or an answer where that failure is one.
template <class Answer, class Read, class WordError>
std::unique_ptr<AwsCall> ask(AwsContext& context, AwsRequest request, Read read, WordError word_error,
                             std::function<void(Answer)> done) {
  return std::make_unique<AwsCall>(
      context, std::move(request), read_json_failure,
      [read = std::move(read), word_error = std::move(word_error), done = std::move(done)](Outcome outcome) {
        if (!outcome) return done(word_error(std::move(outcome.error())));
        done(read(outcome->body.view()));
      });
}

auto unreadable_parameter(std::string action, std::string name) {
  return [action = std::move(action), name = std::move(name)](AwsCallError error) {
    return std::unexpected(parameter_error(action, name, std::move(error)));
  };
}

ipc::Result<Principal> principal(Outcome outcome) {
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
                                   [done = std::move(done)](Outcome outcome) { done(principal(std::move(outcome))); });
}

std::unique_ptr<AwsCall> ask_identity_once(AwsContext& context, const AwsEndpoint& sts,
                                           std::shared_ptr<const BaseKey> key, OnPrincipal done) {
  AwsRequest request = get_caller_identity(sts);
  request.max_tries = 1;
  request.try_deadline = std::chrono::seconds(5);
  return std::make_unique<AwsCall>(context, std::move(request), std::move(key), read_sts_failure,
                                   [done = std::move(done)](Outcome outcome) { done(principal(std::move(outcome))); });
}

std::unique_ptr<AwsCall> ask_parameter(AwsContext& context, const AwsEndpoint& ssm, std::string name,
                                       std::function<void(ipc::Result<Parameter>)> done) {
  AwsRequest request = get_parameter(ssm, name);
  auto word_error = unreadable_parameter(request.action, name);
  return ask<ipc::Result<Parameter>>(
      context, std::move(request), [name](std::string_view body) { return read_parameter(name, body); },
      std::move(word_error), std::move(done));
}

std::unique_ptr<AwsCall> ask_parameters(AwsContext& context, const AwsEndpoint& ssm, std::string first,
                                        std::string second, std::function<void(ipc::Result<ParameterPair>)> done) {
  AwsRequest request = get_parameters(ssm, first, second);
  auto word_error = unreadable_parameter(request.action, first);
  return ask<ipc::Result<ParameterPair>>(
      context, std::move(request),
      [first, second](std::string_view body) { return read_parameters(first, second, body); }, std::move(word_error),
      std::move(done));
}

std::unique_ptr<AwsCall> ask_put_parameter(AwsContext& context, const AwsEndpoint& ssm, std::string name,
                                           std::string_view value,
                                           std::function<void(ipc::Result<std::int64_t>)> done) {
  return ask<ipc::Result<std::int64_t>>(
      context, put_parameter(ssm, name, value), [name](std::string_view body) { return read_put(name, body); },
      [name](AwsCallError error) { return std::unexpected(put_error(name, std::move(error))); }, std::move(done));
}

std::unique_ptr<AwsCall> ask_kms_public_key(AwsContext& context, const AwsEndpoint& kms, std::string kms_key,
                                            std::function<void(ipc::Result<KmsPublicKey>)> done) {
  AwsRequest request = kms_public_key(kms, kms_key);
  return ask<ipc::Result<KmsPublicKey>>(
      context, std::move(request),
      [key = std::move(kms_key), region = kms.signing_region](std::string_view body) {
        return read_kms_public_key(key, region, body);
      },
      [](AwsCallError error) { return std::unexpected(kms_error("GetPublicKey", std::move(error))); }, std::move(done));
}

std::unique_ptr<AwsCall> ask_kms_sign(AwsContext& context, const AwsEndpoint& kms, std::string_view kms_key,
                                      std::string_view message, std::function<void(ipc::Result<KmsSignature>)> done) {
  return ask<ipc::Result<KmsSignature>>(
      context, kms_sign(kms, kms_key, message), read_kms_signature,
      [](AwsCallError error) { return std::unexpected(kms_error("Sign", std::move(error))); }, std::move(done));
}

std::unique_ptr<AwsCall> ask_write_item(AwsContext& context, std::string table, AwsRequest request, Written done) {
  const std::string action = request.action;
  const auto read = [action](std::string_view body) -> ipc::Result<bool> {
    if (const ipc::Status written = read_written(action, body); !written) return std::unexpected(written.error());
    return true;
  };
  const auto word_error = [table = std::move(table)](AwsCallError error) -> ipc::Result<bool> {
    if (condition_failed(error.failure)) return false;
    return std::unexpected(table_error(table, std::move(error)));
  };
  return ask<ipc::Result<bool>>(context, std::move(request), read, word_error, std::move(done));
}

std::unique_ptr<AwsCall> ask_item(AwsContext& context, const AwsEndpoint& dynamodb, const TableKey& item,
                                  std::function<void(ipc::Result<std::optional<Item>>)> done) {
  return ask<ipc::Result<std::optional<Item>>>(
      context, get_item(dynamodb, item), read_item,
      [table = item.table](AwsCallError error) { return std::unexpected(table_error(table, std::move(error))); },
      std::move(done));
}

}  // namespace broker
