// JSON from AWS and from whoever pushed a signature: strict, bounded in depth, and nothing that jsoncpp throws gets
// out.
//
// Runs in: broker.   Blocks: never.   Fails: nothing where the text is not one JSON object; duplicate keys, comments
// and what follows the object are refused. Source: docs.aws.amazon.com, AWS JSON protocols 1.0 and 1.1 (errors: __type,
// message, X-Amzn-ErrorType).
#pragma once

#include <json/value.h>

#include <optional>
#include <string>
#include <string_view>

#include "aws_call.h"

namespace broker {

std::optional<Json::Value> read_object(std::string_view text) noexcept;
// Null where there is none.
const Json::Value* member(const Json::Value& object, std::string_view name);
// Empty where there is none, and where it is no string.
std::string text_of(const Json::Value& object, std::string_view name);
// As a JSON string; ends at a NUL, which nothing that is asked of AWS has.
std::string quoted(std::string_view text);

// Code and message of a JSON service's refusal.
AwsFailure read_json_failure(const HttpAnswer& answer);
// The name without "com.amazonaws.ssm#" and the like.
std::string bare_code(std::string_view code);
[[nodiscard]] bool is_denial(const AwsFailure& failure);

}  // namespace broker
