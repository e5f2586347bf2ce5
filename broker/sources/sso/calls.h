// The calls to IAM Identity Center that the broker makes: builds their requests, reads their answers. No I/O of its
// own. All but the last go to OIDC, which signs programs and their users in; the last to the portal, which gives a
// signed-in user the keys of a role. None is signed: the caller is known by the secrets in it.
//
// Blocks: never.   Units: seconds.
// Fails: kProtocol for an answer that is not the action's; the sentence names the action.
// Source: botocore's models sso-oidc and sso (both 2019-06-10); RFC 8628 for the device's way of signing in,
// RFC 7636 for the browser's.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "aws/credentials.h"
#include "call/aws_call.h"
#include "profile/plan.h"
#include "sources/sso/token.h"

namespace broker {

[[nodiscard]] AwsRequest register_sso_client(const SsoPlan& plan, SsoWay way);
[[nodiscard]] AwsRequest start_device_login(const SsoPlan& plan, const SsoClient& client);
[[nodiscard]] AwsRequest create_device_token(const SsoPlan& plan, const SsoClient& client, std::string_view device);
// What a browser came back with, and what the page was begun with.
struct SsoCode {
  std::string_view code;
  std::uint16_t port;  // of 127.0.0.1, to which it came
  std::string_view verifier;
};
[[nodiscard]] AwsRequest create_code_token(const SsoPlan& plan, const SsoClient& client, const SsoCode& code);
[[nodiscard]] AwsRequest renew_sso_token(const SsoPlan& plan, const SsoClient& client, std::string_view refresh);
[[nodiscard]] AwsRequest get_role_credentials(const SsoPlan& plan, std::string_view access);

// The page of the browser's way. Who shows it adds the redirect_uri, of which the program's registration leaves the
// port open.
[[nodiscard]] std::string sso_authorize_url(const SsoPlan& plan, const SsoClient& client, std::string_view state,
                                            std::string_view challenge);

// A login that waits for its user.
struct DeviceLogin {
  ipc::SecretBuffer device;  // what the tokens are asked for with
  std::string url, code;     // for the user; the code shows that the page is of this login
  std::chrono::seconds lives{}, interval{};
};
struct FreshToken {
  ipc::SecretBuffer access, refresh;  // refresh empty: none was given
  std::chrono::seconds lives{};
};

inline constexpr std::chrono::seconds kUsualPollInterval{5}, kMostPollInterval{60};

[[nodiscard]] ipc::Result<SsoClient> read_registration(std::string_view body);
[[nodiscard]] ipc::Result<DeviceLogin> read_device_login(std::string_view body);
[[nodiscard]] ipc::Result<FreshToken> read_fresh_token(std::string_view body);
[[nodiscard]] ipc::Result<IssuedCredentials> read_role_credentials(std::string_view body);

// Of OIDC, whose errors are RFC 6749's; the portal's are read as those of other JSON services (call/json_failure.h).
[[nodiscard]] AwsFailure read_oidc_failure(const HttpAnswer& answer);

enum class OidcRefusal { kPending, kSlowDown, kLoginExpired, kDenied, kUnknownClient, kOther };
[[nodiscard]] OidcRefusal oidc_refusal(const AwsFailure& failure);

}  // namespace broker
