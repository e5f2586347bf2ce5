#include "aws_json.h"

#include <json/json.h>

#include <exception>
#include <memory>

#include "plain_text.h"

namespace broker {

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

std::string quoted(std::string_view text) { return Json::valueToQuotedString(std::string(text).c_str()); }

// "com.amazonaws.ssm#ParameterNotFound:http://…" and the like: the bare name.
std::string bare_code(std::string_view code) {
  code = code.substr(0, code.find(':'));
  if (const std::size_t hash = code.rfind('#'); hash != std::string_view::npos) code.remove_prefix(hash + 1);
  return printable(code, 64);
}

AwsFailure read_json_failure(const HttpAnswer& answer) {
  AwsFailure failure{answer.status, bare_code(answer.error_type), {}};
  const std::optional<Json::Value> root = read_object(answer.body.view());
  if (!root) return failure;
  if (failure.code.empty()) failure.code = bare_code(text_of(*root, "__type"));
  std::string message = text_of(*root, "message");
  if (message.empty()) message = text_of(*root, "Message");
  failure.message = printable(message);
  return failure;
}

bool is_denial(const AwsFailure& failure) {
  return failure.code.find("AccessDenied") != std::string::npos ||
         failure.code.find("UnauthorizedOperation") != std::string::npos;
}

}  // namespace broker
