// The two forms in which AWS's services take a request: a JSON object behind a target header that names the action, and
// a query's members. Knows no action and reads no answer.
//
// Blocks: never.   Source: smithy.io, AWS JSON 1.0 and 1.1 protocols and AWS Query protocol.
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

// `body`: Action=…&Version=…, and what the action takes.
AwsRequest query_request(std::string_view service, const AwsEndpoint& endpoint, std::string_view action,
                         std::string body);

}  // namespace broker
