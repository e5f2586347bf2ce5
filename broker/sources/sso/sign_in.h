// Gets a token that the portal takes, from the shared token file: reads it, renews it, or has the user log in. However
// many runs want that at once, one does it: it holds the file's lock, and all others wait and then find its token.
//
// Blocks: never.   Owns: the file and its lock while something is under way.
// Time: by this machine's clock, as all who share the file write it; a token that AWS sees end earlier comes back as
// refused.
// Fails: with the place of the plan, why there is no token, and what the user can do.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "call/aws_call.h"
#include "keys/errands.h"
#include "sources/sign_in/file.h"
#include "sources/sso/login.h"
#include "sources/sso/token.h"

namespace broker {

struct SsoOptions {
  bool auto_login = false;
  bool browser = false;                            // a browser of this host may come back to it
  std::string profile;                             // for the next step
  std::function<void(const std::string&)> warn{};  // may be empty
};

// What all fetches of one source share.
struct SsoSource {
  AwsContext& context;
  ErrandDoer& errands;
  SsoPlan plan;
  SsoOptions options;
  bool login_was_left = false;  // shown, and not completed: this run shows no other
};

enum class SsoStanding { kGood, kEndsSoon, kEnded };
// `refused`: a token that the portal did not take; empty: none.
[[nodiscard]] SsoStanding standing_of(const SsoToken& token, std::chrono::sys_seconds now, std::string_view refused);
[[nodiscard]] bool is_renewable(const SsoToken& token, std::chrono::sys_seconds now);

class SsoSignIn {
 public:
  static constexpr std::chrono::minutes kRenewAhead{15};  // as botocore
  static constexpr std::chrono::seconds kLeastLife{20};   // of a token that is still used
  static constexpr std::chrono::milliseconds kLookAgain{500};
  static constexpr std::chrono::minutes kPatience{11};  // for another run's login, which lasts ten
  using OnToken = std::function<void(ipc::Result<ipc::SecretBuffer>)>;

  // `source` outlives it. The callback comes once, from the event loop, and may destroy the sign-in.
  SsoSignIn(SsoSource& source, ipc::SecretBuffer refused, OnToken done);

 private:
  using Answer = std::expected<HttpAnswer, AwsCallError>;

  void open();
  void on_file(ipc::Result<ipc::UniqueFd> file);
  void look();
  ipc::Status read_file();
  void lock();
  void wait();
  void say_that_we_wait();
  void renew();
  void on_renewed(const Answer& answer);
  void renewal_failed(const ipc::Error& error);
  void log_in();
  void on_logged_in(ipc::Result<SsoToken> token);
  void keep(SsoToken token);
  void hand_out();
  void fail(ipc::Fault fault, const std::string& why, const std::string& next_step);
  void finish(ipc::Result<ipc::SecretBuffer> outcome);
  [[nodiscard]] std::chrono::sys_seconds now() const;
  [[nodiscard]] SsoStanding standing() const;
  [[nodiscard]] std::string why_no_token() const;
  [[nodiscard]] std::string by_hand() const;

  SsoSource& source_;
  ipc::SecretBuffer refused_;
  OnToken done_;
  SignInFile file_;
  std::optional<SsoToken> token_;
  std::string unreadable_;  // why there is no token_
  bool locked_ = false, tried_to_renew_ = false, saw_login_ = false;
  std::string renewal_failed_;
  Clock::SinceBoot began_;
  std::unique_ptr<Errand> errand_;
  std::unique_ptr<AwsCall> call_;
  std::unique_ptr<SsoLogin> login_;
  std::unique_ptr<Timer> pause_;
};

}  // namespace broker
