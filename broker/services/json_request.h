// Builds the request of an AWS service that speaks JSON: the target header names the action, the body is a JSON object.
// Knows no action and reads no answer.
//
// Blocks: never.   Source: smithy.io, AWS JSON 1.0 and 1.1 protocols (X-Amz-Target, Content-Type).
#pragma once

#include <string>
#include <string_view>

#include "aws/endpoint.h"
#include "call/aws_call.h"

namespace broker {

struct JsonService {
  std::string_view name;     // what requests are signed for
  std::string_view target;   // before the action in X-Amz-Target
  std::string_view version;  // of the protocol
};

AwsRequest json_request(const JsonService& service, const AwsEndpoint& endpoint, std::string_view action,
                        std::string body);

}  // namespace broker
