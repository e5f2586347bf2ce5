// Logs in once to IAM Identity Center: registers this program where it is not, then in one of two ways, each a class of
// its own: the device's (device_login.h), or by a browser of this host (browser_login.h).
//
// Blocks: never.   Owns: what is under way; destroying it gives the login up.
// Units: the user has as long as Identity Center gives, at most kPatience.
// Fails: kRefused where the user or Identity Center says no; kUnavailable where nothing answers.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "call/aws_call.h"
#include "keys/errands.h"
#include "sources/sign_in/file.h"
#include "sources/sso/calls.h"
#include "sources/sso/token.h"

namespace broker {

class SsoLogin {
 public:
  static constexpr std::chrono::minutes kPatience{10};
  // A registration that ends this soon is made anew, as the AWS CLI does.
  static constexpr std::chrono::minutes kLeastRegistration{15};
  using OnDone = std::function<void(ipc::Result<SsoToken>)>;
  using Answer = std::expected<HttpAnswer, AwsCallError>;

  SsoLogin(const SsoLogin&) = delete;
  SsoLogin& operator=(const SsoLogin&) = delete;
  virtual ~SsoLogin() = default;
  // The user had the page and time for it: a login that fails from here on was left by a person, and is not to be shown
  // again.
  [[nodiscard]] bool left_to_user() const { return left_to_user_; }

 protected:
  // All outlive it. The callback comes once, from the event loop, and may destroy the login.
  SsoLogin(AwsContext& context, ErrandDoer& errands, const SsoPlan& plan, std::string profile, SsoWay way, OnDone done);
  // The program is registered as client_.
  virtual void start() = 0;

  void register_client();
  void on_tokens(const HttpAnswer& answer);
  void finish(ipc::Result<SsoToken> outcome);
  void fail(const ipc::Error& error);
  void fail_late();

  AwsContext& context_;
  ErrandDoer& errands_;
  const SsoPlan& plan_;
  std::string profile_;
  SsoClient client_;
  bool registered_now_ = false, left_to_user_ = false;
  std::unique_ptr<AwsCall> call_;
  std::unique_ptr<Errand> errand_;
  std::unique_ptr<Timer> pause_;

 private:
  void open_registration();
  void on_registration(ipc::Result<ipc::UniqueFd> file);
  void on_registered(const Answer& answer);

  SsoWay way_;
  OnDone done_;
  SignInFile registration_;
};

}  // namespace broker
