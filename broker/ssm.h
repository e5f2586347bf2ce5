// SSM GetParameter, decrypted: builds the request, reads the answer, words the failures. No I/O of its own.
//
// Runs in: broker.   Blocks: never.
// Fails: kProtocol for an answer that is not GetParameter's.
// Source: docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html; jsoncpp is known to ssm.cc
// only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "aws_call.h"
#include "endpoint.h"
#include "ipc/result.h"

namespace broker {

struct Parameter {
  std::string value;
  std::int64_t version = 0;
};

AwsRequest get_parameter(const AwsEndpoint& endpoint, std::string_view name);
// `name` as it was asked for; an answer about another parameter is refused.
ipc::Result<Parameter> read_parameter(std::string_view name, std::string_view body);
AwsFailure read_ssm_failure(const HttpAnswer& answer);

// The sentence and the next step for a failed GetParameter, by what went wrong: absent, denied, its KMS key denied,
// throttled, malformed name.
ipc::Error parameter_error(std::string_view name, AwsCallError error);

}  // namespace broker
