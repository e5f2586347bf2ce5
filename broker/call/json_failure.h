// Reads what a JSON service of AWS says of a failed call.
//
// Blocks: never.   Source: docs.aws.amazon.com, AWS JSON protocols 1.0 and 1.1 (errors: __type, message,
// X-Amzn-ErrorType).
#pragma once

#include <string>
#include <string_view>

#include "call/aws_call.h"

namespace broker {

// Code and message of a JSON service's refusal.
AwsFailure read_json_failure(const HttpAnswer& answer);
// The name without "com.amazonaws.ssm#" and the like.
std::string bare_code(std::string_view code);
[[nodiscard]] bool is_denial(const AwsFailure& failure);

}  // namespace broker
