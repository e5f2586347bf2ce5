#include "services/ssm.h"

#include <optional>
#include <utility>

#include "call/json_failure.h"
#include "call/next_step.h"
#include "services/request_forms.h"
#include "text/json_value.h"

namespace broker {
namespace {

using ipc::Fault;

// The name may be followed by a version or label, or be an ARN; what follows its last plain part is not answered back.
bool answers(std::string_view asked, std::string_view name) {
  if (asked == name) return true;
  const bool arn = asked.starts_with("arn:");
  if (arn) {
    const std::size_t start = asked.find(":parameter");
    if (start == std::string_view::npos) return false;
    asked.remove_prefix(start + std::string_view(":parameter").size());
  }
  const std::string_view plain = asked.substr(0, asked.find(':'));
  return plain == name || (arn && plain.starts_with('/') && plain.substr(1) == name);
}

bool has(std::string_view text, std::string_view word) { return text.find(word) != std::string_view::npos; }

constexpr JsonService kSsm{"ssm", "AmazonSSM", "1.1"};

std::unexpected<ipc::Error> bad_answer(const std::string& action, std::string_view name, std::string_view why) {
  return ipc::fail(Fault::kProtocol, "the answer to " + action + " for '" + std::string(name) + "' " + std::string(why),
                   "check that the endpoint is AWS Systems Manager");
}

// One element of an answer, whose name was compared already.
ipc::Result<Parameter> read_element(const std::string& action, std::string_view name, const Json::Value& parameter) {
  const Json::Value* value = member(parameter, "Value");
  const Json::Value* version = member(parameter, "Version");
  if (!value || !value->isString()) return bad_answer(action, name, "has no Value");
  if (!version || !version->isInt64() || version->asInt64() < 1) return bad_answer(action, name, "has no Version");
  return Parameter{value->asString(), version->asInt64()};
}

// Both names of a pair may lead to the same element only if they are the same.
ipc::Result<std::optional<Parameter>> find_element(const Json::Value& list, std::string_view name) {
  std::optional<Parameter> found;
  for (const Json::Value& element : list) {
    if (!element.isObject()) return bad_answer("GetParameters", name, "has something else than parameters");
    if (!answers(name, text_of(element, "Name"))) continue;
    if (found) return bad_answer("GetParameters", name, "has it twice");
    ipc::Result<Parameter> read = read_element("GetParameters", name, element);
    if (!read) return std::unexpected(std::move(read.error()));
    found = std::move(*read);
  }
  return found;
}

}  // namespace

AwsRequest get_parameter(const AwsEndpoint& endpoint, std::string_view name) {
  return json_request(kSsm, endpoint, "GetParameter", R"({"Name":)" + quoted(name) + R"(,"WithDecryption":true})");
}

AwsRequest get_parameters(const AwsEndpoint& endpoint, std::string_view first, std::string_view second) {
  return json_request(kSsm, endpoint, "GetParameters",
                      R"({"Names":[)" + quoted(first) + "," + quoted(second) + R"(],"WithDecryption":true})");
}

AwsRequest put_parameter(const AwsEndpoint& endpoint, std::string_view name, std::string_view value) {
  // 4096 characters is the standard tier's limit; Intelligent-Tiering takes the advanced one for what is longer.
  return json_request(kSsm, endpoint, "PutParameter",
                      R"({"Name":)" + quoted(name) + R"(,"Value":)" + quoted(value) +
                          R"(,"Type":"String","Overwrite":true,"Tier":"Intelligent-Tiering"})");
}

ipc::Result<Parameter> read_parameter(std::string_view name, std::string_view body) {
  const std::optional<Json::Value> root = read_object(body);
  if (!root) return bad_answer("GetParameter", name, "is not JSON");
  const Json::Value* parameter = member(*root, "Parameter");
  if (!parameter || !parameter->isObject()) return bad_answer("GetParameter", name, "has no Parameter");
  ipc::Result<Parameter> read = read_element("GetParameter", name, *parameter);
  if (read && !answers(name, text_of(*parameter, "Name")))
    return bad_answer("GetParameter", name, "is about another parameter");
  return read;
}

ipc::Result<ParameterPair> read_parameters(std::string_view first, std::string_view second, std::string_view body) {
  const std::optional<Json::Value> root = read_object(body);
  if (!root) return bad_answer("GetParameters", first, "is not JSON");
  const Json::Value* list = member(*root, "Parameters");
  if (!list || !list->isArray()) return bad_answer("GetParameters", first, "has no Parameters");
  ipc::Result<std::optional<Parameter>> one = find_element(*list, first);
  if (!one) return std::unexpected(std::move(one.error()));
  ipc::Result<std::optional<Parameter>> two = find_element(*list, second);
  if (!two) return std::unexpected(std::move(two.error()));
  return ParameterPair{std::move(*one), std::move(*two)};
}

ipc::Result<std::int64_t> read_put(std::string_view name, std::string_view body) {
  const std::optional<Json::Value> root = read_object(body);
  const Json::Value* version = root ? member(*root, "Version") : nullptr;
  if (!version || !version->isInt64() || version->asInt64() < 1)
    return bad_answer("PutParameter", name, "has no Version");
  return version->asInt64();
}

ipc::Error no_parameter(std::string_view name) {
  return {Fault::kRefused, "there is no SSM parameter '" + std::string(name) + "'",
          "check --policy-parameter, the region and the account", 0};
}

ipc::Error parameter_error(const std::string& action, std::string_view name, AwsCallError call) {
  std::string it(1, '\'');  // appended to: g++ 12 -O3 warns wrongly of "'" + std::string(…)
  (it += name) += '\'';
  const AwsFailure& failure = call.failure;
  ipc::Error error = std::move(call.error);
  if (failure.code.empty()) {
    error.what = "the SSM parameter " + it + " could not be read: " + error.what;
    return ipc::with_next_step(std::move(error), next_step_after(failure));
  }
  // KMS's own refusal, passed on by SSM, speaks of a ciphertext and names neither KMS nor the permission.
  const bool kms = has(failure.message, "kms:") || has(failure.message, "ciphertext") || failure.code == "InvalidKeyId";
  if (failure.code == "ParameterNotFound" || failure.code == "ParameterVersionNotFound") {
    error = no_parameter(name);
  } else if (kms) {
    error.what = "the SSM parameter " + it + " cannot be decrypted: " + words_of(failure);
    error.next_step = "allow kms:Decrypt on the parameter's key to this identity, in the key's policy or by IAM";
  } else if (is_denial(failure)) {
    error.what = "reading the SSM parameter " + it + " is not allowed: " + words_of(failure);
    error.next_step = way_past_denial(failure);
    if (error.next_step.empty())
      error.next_step = "allow ssm:" + action + " to this identity" +
                        (action == "GetParameters" ? ", on the policy's parameter and on its signature's" : "");
  } else if (error.fault == Fault::kUnavailable) {
    error.what = "SSM could not give the parameter " + it + " now: " + failure.code;
    error.next_step = "wait and try again; the account is throttled or SSM has trouble";
  } else if (failure.code == "ValidationException") {
    error.what = it + " is no name of an SSM parameter: " + words_of(failure);
    error.next_step = "check --policy-parameter: letters, digits and .-_/ , or a parameter's ARN";
  } else {
    error.what = "the SSM parameter " + it + " could not be read: " + error.what;
    error.next_step = next_step_after(failure);
    if (error.next_step.empty())
      error.next_step = "check the key, the clock of this machine and the region; then try again";
  }
  return error;
}

ipc::Error put_error(std::string_view name, AwsCallError call) {
  std::string it(1, '\'');
  (it += name) += '\'';
  const AwsFailure& failure = call.failure;
  ipc::Error error = std::move(call.error);
  if (is_denial(failure)) {
    error.what = "writing the SSM parameter " + it + " is not allowed: " + words_of(failure);
    error.next_step = way_past_denial(failure);
    if (error.next_step.empty()) error.next_step = "allow ssm:PutParameter on it to this identity";
  } else if (has(failure.code, "TierLimitExceeded") || has(failure.message, "8192") || has(failure.message, "4096")) {
    error.what = "the SSM parameter " + it + " cannot hold so long a text: " + words_of(failure);
    error.next_step = "shorten the policy: SSM takes 4096 characters, 8192 in the advanced tier";
  } else {
    error.what =
        "the SSM parameter " + it + " could not be written: " + (failure.code.empty() ? error.what : words_of(failure));
    if (error.next_step.empty()) error.next_step = next_step_after(failure);
    if (error.next_step.empty()) error.next_step = "check the name, the key and the region; then try again";
  }
  return error;
}

}  // namespace broker
