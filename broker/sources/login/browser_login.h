// Signs a user in as `aws login` does, by a browser of this host: the authorization code grant with PKCE, for a key
// that is made for it and that the refresh token is bound to. Whoever signs in must be the one that the profile names.
//
// Blocks: never.   Owns: what is under way; destroying it gives the login up.
// Fails: kRefused where the user or the service says no, and for another user; kUnavailable where nothing answers.
// Source: AWS CLI 2 (aws login); RFC 6749 4.1, RFC 7636.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "call/aws_call.h"
#include "keys/errands.h"
#include "profile/plan.h"
#include "sources/login/dpop.h"
#include "sources/login/token.h"

namespace broker {

class BrowserLogin {
 public:
  static constexpr std::chrono::minutes kPatience{10};
  using OnDone = std::function<void(ipc::Result<LoginToken>)>;

  // All outlive it. The callback comes once, from the event loop, and may destroy the login.
  BrowserLogin(AwsContext& context, ErrandDoer& errands, const LoginPlan& plan, const std::string& profile,
               OnDone done);

 private:
  using Answer = std::expected<HttpAnswer, AwsCallError>;
  void start(const std::string& profile);
  void on_redirect(const ipc::Result<ipc::SecretBuffer>& answer);
  void on_redeemed(const Answer& answer);
  void finish(ipc::Result<LoginToken> outcome);
  void fail(ipc::Error error);

  AwsContext& context_;
  ErrandDoer& errands_;
  const LoginPlan& plan_;
  OnDone done_;
  DpopKey key_;
  ipc::SecretBuffer verifier_;
  std::unique_ptr<Errand> errand_;
  std::unique_ptr<AwsCall> call_;
  std::unique_ptr<Timer> pause_;
};

}  // namespace broker
