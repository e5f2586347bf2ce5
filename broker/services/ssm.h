// SSM GetParameter and GetParameters, decrypted, and PutParameter: builds the request, reads the answer, words the
// failures. No I/O of its own.
//
// Blocks: never.
// Fails: kProtocol for an answer that is not the action's.
// Source: docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html, API_GetParameters.html,
// API_PutParameter.html
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "aws/endpoint.h"
#include "call/aws_call.h"
#include "ipc/result.h"

namespace broker {

struct Parameter {
  std::string value;
  std::int64_t version = 0;
};

AwsRequest get_parameter(const AwsEndpoint& endpoint, std::string_view name);
// `name` as it was asked for; an answer about another parameter is refused.
ipc::Result<Parameter> read_parameter(std::string_view name, std::string_view body);

// A policy and its signature in one call, so that a change between two calls cannot tear them apart so easily.
struct ParameterPair {
  std::optional<Parameter> first, second;  // nothing: there is no such parameter
};
AwsRequest get_parameters(const AwsEndpoint& endpoint, std::string_view first, std::string_view second);
ipc::Result<ParameterPair> read_parameters(std::string_view first, std::string_view second, std::string_view body);

// Overwrites. The answer is the parameter's version.
AwsRequest put_parameter(const AwsEndpoint& endpoint, std::string_view name, std::string_view value);
ipc::Result<std::int64_t> read_put(std::string_view name, std::string_view body);

// The sentence and the next step for a failed GetParameter or GetParameters (`action`), by what went wrong: absent,
// denied, its KMS key denied, throttled, malformed name.
ipc::Error parameter_error(const std::string& action, std::string_view name, AwsCallError error);
ipc::Error no_parameter(std::string_view name);
ipc::Error put_error(std::string_view name, AwsCallError error);

}  // namespace broker
