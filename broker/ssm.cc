#include "ssm.h"

#include <json/json.h>

#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace broker {
namespace {

using ipc::Fault;

// Strict JSON, an object at the root; nothing that jsoncpp throws leaves this function.
std::optional<Json::Value> read_object(std::string_view text) noexcept try {
  Json::CharReaderBuilder builder;
  Json::CharReaderBuilder::strictMode(&builder.settings_);
  builder["stackLimit"] = 32;
  builder["allowComments"] = false;
  const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
  Json::Value root;
  if (!reader->parse(text.data(), text.data() + text.size(), &root, nullptr) || !root.isObject()) return std::nullopt;
  return root;
} catch (const std::exception&) {
  return std::nullopt;
}

const Json::Value* member(const Json::Value& object, std::string_view name) {
  return object.find(name.data(), name.data() + name.size());
}

std::string text_of(const Json::Value& object, std::string_view name) {
  const Json::Value* found = member(object, name);
  return found && found->isString() ? found->asString() : std::string();
}

// "com.amazonaws.ssm#ParameterNotFound:http://…" and the like: the bare name.
std::string bare_code(std::string_view code) {
  code = code.substr(0, code.find(':'));
  if (const std::size_t hash = code.rfind('#'); hash != std::string_view::npos) code.remove_prefix(hash + 1);
  return printable(code, 64);
}

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

}  // namespace

AwsRequest get_parameter(const AwsEndpoint& endpoint, std::string_view name) {
  const std::string body =
      R"({"Name":)" + Json::valueToQuotedString(std::string(name).c_str()) + R"(,"WithDecryption":true})";
  return {"ssm",
          "GetParameter",
          endpoint,
          {{"Content-Type", "application/x-amz-json-1.1"}, {"X-Amz-Target", "AmazonSSM.GetParameter"}},
          body};
}

ipc::Result<Parameter> read_parameter(std::string_view name, std::string_view body) {
  const auto bad = [&](std::string_view why) {
    return ipc::fail(Fault::kProtocol, "the answer to GetParameter for '" + std::string(name) + "' " + std::string(why),
                     "check that the endpoint is AWS Systems Manager");
  };
  const std::optional<Json::Value> root = read_object(body);
  if (!root) return bad("is not JSON");
  const Json::Value* parameter = member(*root, "Parameter");
  if (!parameter || !parameter->isObject()) return bad("has no Parameter");
  const Json::Value* value = member(*parameter, "Value");
  const Json::Value* version = member(*parameter, "Version");
  if (!value || !value->isString()) return bad("has no Value");
  if (!version || !version->isInt64() || version->asInt64() < 1) return bad("has no Version");
  if (!answers(name, text_of(*parameter, "Name"))) return bad("is about another parameter");
  return Parameter{value->asString(), version->asInt64()};
}

AwsFailure read_ssm_failure(const HttpAnswer& answer) {
  AwsFailure failure{answer.status, bare_code(answer.error_type), {}};
  const std::optional<Json::Value> root = read_object(answer.body.view());
  if (!root) return failure;
  if (failure.code.empty()) failure.code = bare_code(text_of(*root, "__type"));
  std::string message = text_of(*root, "message");
  if (message.empty()) message = text_of(*root, "Message");
  failure.message = printable(message);
  return failure;
}

ipc::Error parameter_error(std::string_view name, AwsCallError call) {
  std::string quoted(1, '\'');  // appended to: g++ 12 -O3 warns wrongly of "'" + std::string(…)
  (quoted += name) += '\'';
  const AwsFailure& failure = call.failure;
  ipc::Error error = std::move(call.error);
  if (failure.code.empty()) {
    error.what = "the SSM parameter " + quoted + " could not be read: " + error.what;
    return error;
  }
  const bool denied = has(failure.code, "AccessDenied") || has(failure.code, "UnauthorizedOperation");
  // KMS's own refusal, passed on by SSM, speaks of a ciphertext and names neither KMS nor the permission.
  const bool kms = has(failure.message, "kms:") || has(failure.message, "ciphertext") || failure.code == "InvalidKeyId";
  if (failure.code == "ParameterNotFound" || failure.code == "ParameterVersionNotFound") {
    error.what = "there is no SSM parameter " + quoted;
    error.next_step = "check --policy-parameter, the region and the account";
  } else if (kms) {
    error.what = "the SSM parameter " + quoted + " cannot be decrypted: " + failure.code + ": " + failure.message;
    error.next_step = "allow kms:Decrypt on the parameter's key to this identity, in the key's policy or by IAM";
  } else if (denied) {
    error.what = "reading the SSM parameter " + quoted + " is not allowed: " + failure.message;
    error.next_step = "allow ssm:GetParameter on it to this identity";
  } else if (error.fault == Fault::kUnavailable) {
    error.what = "SSM could not give the parameter " + quoted + " now: " + failure.code;
    error.next_step = "wait and try again; the account is throttled or SSM has trouble";
  } else if (failure.code == "ValidationException") {
    error.what = quoted + " is no name of an SSM parameter: " + failure.message;
    error.next_step = "check --policy-parameter: letters, digits and .-_/ , or a parameter's ARN";
  } else {
    error.what = "the SSM parameter " + quoted + " could not be read: " + error.what;
    error.next_step = "check the key, the clock of this machine and the region; then try again";
  }
  return error;
}

}  // namespace broker
