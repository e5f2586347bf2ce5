// Logs in once to IAM Identity Center by the device's way (RFC 8628): registers this program where it is not, shows
// the user one page, and asks until the user has approved there.
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

  // All outlive it. The callback comes once, from the event loop, and may destroy the login.
  SsoLogin(AwsContext& context, ErrandDoer& errands, const SsoPlan& plan, std::string profile, OnDone done);
  // The user had the page and time for it: a login that fails from here on was left by a person, and is not to be shown
  // again.
  [[nodiscard]] bool left_to_user() const { return left_to_user_; }

 private:
  void open_registration();
  void on_registration(ipc::Result<ipc::UniqueFd> file);
  void register_client();
  void on_registered(const std::expected<HttpAnswer, AwsCallError>& answer);
  void start();
  void on_started(const std::expected<HttpAnswer, AwsCallError>& answer);
  void show();
  void poll();
  void on_polled(const std::expected<HttpAnswer, AwsCallError>& answer);
  void on_refused(const AwsCallError& refusal);
  void poll_later();
  void finish(ipc::Result<SsoToken> outcome);
  void fail(const ipc::Error& error);

  AwsContext& context_;
  ErrandDoer& errands_;
  const SsoPlan& plan_;
  std::string profile_;
  OnDone done_;
  SignInFile registration_;
  SsoClient client_;
  bool registered_now_ = false, left_to_user_ = false;
  DeviceLogin login_;
  Clock::SinceBoot ends_{};
  std::unique_ptr<AwsCall> call_;
  std::unique_ptr<Errand> errand_;
  std::unique_ptr<Timer> pause_;
};

}  // namespace broker
