// The one call to the sign-in service that the broker makes: new keys and a new refresh token for the old one. Builds
// the request, reads the answer. No I/O of its own. It is not signed: the token and the proof of its key say who asks.
//
// Blocks: never.
// Fails: kProtocol for an answer that is not the action's; the sentence names the action.
// Source: botocore's model signin (2023-01-01), CreateOAuth2Token.
#pragma once

#include <chrono>
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

[[nodiscard]] AwsFailure read_login_failure(const HttpAnswer& answer);
// The sign-in has come to its end, and the user alone can begin another.
[[nodiscard]] bool login_has_ended(const AwsFailure& failure);

}  // namespace broker
