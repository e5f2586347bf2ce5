// The call to the sign-in service: keys and a refresh token for the refresh token before, or for the code that a
// browser brought. Builds the request, reads the answer. No I/O of its own. It is not signed: what is redeemed and the
// proof of its key say who asks.
//
// Blocks: never.
// Fails: kProtocol for an answer that is not the action's; the sentence names the action.
// Source: botocore's model signin (2023-01-01), CreateOAuth2Token.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "call/aws_call.h"
#include "profile/plan.h"
#include "sources/login/token.h"

namespace broker {

// What a proof is made for.
[[nodiscard]] std::string login_token_url(const LoginPlan& plan);
[[nodiscard]] AwsRequest refresh_login(const LoginPlan& plan, const LoginToken& token, std::string proof);

// Puts what came into `token`; its keys end by a clock that says `now`. Where it fails nothing has changed.
[[nodiscard]] ipc::Status read_refreshed_login(std::string_view body, std::chrono::sys_seconds now, LoginToken& token);

// The page of a sign-in. Who shows it adds the redirect_uri.
[[nodiscard]] std::string login_authorize_url(const LoginPlan& plan, std::string_view state,
                                              std::string_view challenge);
// What a browser came back with, and what the page was begun with.
struct LoginCode {
  std::string_view code;
  std::uint16_t port;  // of 127.0.0.1, to which it came
  std::string_view verifier;
};
[[nodiscard]] AwsRequest redeem_login_code(const LoginPlan& plan, const LoginCode& code, std::string proof);

struct NewLogin {
  LoginToken token;     // without its key
  std::string session;  // who has signed in
};
[[nodiscard]] ipc::Result<NewLogin> read_new_login(std::string_view body, std::chrono::sys_seconds now);

[[nodiscard]] AwsFailure read_login_failure(const HttpAnswer& answer);
// The sign-in has come to its end, and the user alone can begin another.
[[nodiscard]] bool login_has_ended(const AwsFailure& failure);

}  // namespace broker
