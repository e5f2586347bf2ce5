// The two forms in which AWS's services take a request: an object of JSON behind an action's name, and a query's
// members.
//
// Blocks: never.
// Source: AWS JSON protocol 1.0 and 1.1, AWS Query protocol (smithy.io).
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "call/aws_call.h"

namespace broker {

// `version` of the protocol, 1.0 or 1.1; `target` is the service as X-Amz-Target calls it.
inline AwsRequest json_request(std::string_view service, std::string_view version, std::string_view target,
                               const AwsEndpoint& endpoint, std::string_view action, std::string body) {
  return {std::string(service),
          std::string(action),
          endpoint,
          {{"Content-Type", "application/x-amz-json-" + std::string(version)},
           {"X-Amz-Target", std::string(target) + "." + std::string(action)}},
          std::move(body)};
}

// `body`: Action=…&Version=…, and what the action takes.
inline AwsRequest query_request(std::string_view service, const AwsEndpoint& endpoint, std::string_view action,
                                std::string body) {
  return {std::string(service),
          std::string(action),
          endpoint,
          {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}},
          std::move(body)};
}

}  // namespace broker
