// Signs a role's session in to the AWS console: the request that makes a sign-in token of the session's keys, and the
// page that a browser opens with it. No I/O of its own.
//
// The keys go in the body of a POST, which neither a proxy's nor a server's access log holds. SessionDuration is never
// sent: without it the console session ends when the keys do, as the policy meant it; with it, it would outlive them,
// and AWS refuses it for a role that another role's keys assumed.
// Blocks: never.
// Fails: kUsage for a destination that is no page of the console; kConfig for a partition without one; kProtocol for an
// answer that holds no token.
// Source: IAM user guide, "Enable custom identity broker access to the AWS console".
#pragma once

#include <string>
#include <string_view>

#include "aws/credentials.h"
#include "aws/endpoint.h"
#include "call/aws_call.h"
#include "ipc/result.h"
#include "ipc/secret.h"

namespace broker {

inline constexpr std::size_t kMaxSignInToken = 8192;  // AWS's have less than 2000 characters
inline constexpr std::size_t kMaxConsolePage = 12288;

// What the profile and its keys say of the place.
struct ConsolePlace {
  std::string partition;  // of the role's ARN, else of the region
  std::string region;     // or empty
};
[[nodiscard]] ipc::Result<AwsEndpoint> federation_endpoint(const ConsolePlace& place);
// `asked`: a page's https URL, the word of a service as it stands behind the console's host ("s3", "cloudwatch"), or
// empty for the start page.
[[nodiscard]] ipc::Result<std::string> console_destination(const ConsolePlace& place, std::string_view asked);

[[nodiscard]] AwsRequest get_sign_in_token(const AwsEndpoint& endpoint, const BaseKey& session);
[[nodiscard]] ipc::Result<ipc::SecretBuffer> read_sign_in_token(std::string_view body);
// The endpoint answers in HTML; its status is all there is.
[[nodiscard]] AwsFailure read_sign_in_failure(const HttpAnswer& answer);

[[nodiscard]] ipc::Result<ipc::SecretBuffer> console_page(const AwsEndpoint& endpoint, std::string_view destination,
                                                          std::string_view token);

}  // namespace broker
