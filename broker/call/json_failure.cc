#include "call/json_failure.h"

#include "text/json_value.h"
#include "text/plain_text.h"

namespace broker {

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
