#include "sources/sso/sign_in.h"

#include <utility>

#include "sources/sso/browser_login.h"
#include "sources/sso/calls.h"
#include "sources/sso/device_login.h"
#include "text/rfc3339.h"

namespace broker {

using ipc::Fault;

SsoStanding standing_of(const SsoToken& token, std::chrono::sys_seconds now, std::string_view refused) {
  if (token.access.equals(refused)) return SsoStanding::kEnded;
  if (token.ends - now < SsoSignIn::kLeastLife) return SsoStanding::kEnded;
  return token.ends - now < SsoSignIn::kRenewAhead ? SsoStanding::kEndsSoon : SsoStanding::kGood;
}

bool is_renewable(const SsoToken& token, std::chrono::sys_seconds now) {
  return !token.refresh.empty() && !token.client.id.empty() && token.client.ends > now;
}

SsoSignIn::SsoSignIn(SsoSource& source, ipc::SecretBuffer refused, OnToken done)
    : source_(source), refused_(std::move(refused)), done_(std::move(done)), began_(source.context.clock.since_boot()) {
  open();
}

std::chrono::sys_seconds SsoSignIn::now() const {
  return std::chrono::floor<std::chrono::seconds>(source_.context.clock.wall());
}

// ---- the file ------------------------------------------------------------------------------------------------------

void SsoSignIn::open() {
  locked_ = false;
  errand_ =
      source_.errands.open(ipc::ErrandKind::OpenTokenCache, {source_.options.profile, sso_token_name(source_.plan), {}},
                           [this](ipc::Result<ipc::UniqueFd> file) { on_file(std::move(file)); });
}

void SsoSignIn::on_file(ipc::Result<ipc::UniqueFd> file) {
  if (!file) return fail(file.error().fault, file.error().what, file.error().next_step);
  file_ = SignInFile(std::move(*file));
  look();
}

// Fails: where there is no room for a token that may well be good.
ipc::Status SsoSignIn::read_file() {
  token_.reset();
  const auto text = file_.read();
  if (text && text->view().empty()) {
    unreadable_ = "nobody is signed in";
    return {};
  }
  auto token = text ? read_sso_token(text->view()) : ipc::Result<SsoToken>(std::unexpected(text.error()));
  if (!token && token.error().fault == Fault::kUnavailable) return std::unexpected(std::move(token.error()));
  if (!token) {
    unreadable_ = "the token file ~/.aws/sso/cache/" + sso_token_name(source_.plan) + ".json " + token.error().what;
  } else if (!token->start_url.empty() && !same_start_url(token->start_url, source_.plan.start_url)) {
    unreadable_ = "the token that is kept is of another start URL than " + source_.plan.start_url;
  } else {
    token_ = std::move(*token);
  }
  return {};
}

SsoStanding SsoSignIn::standing() const {
  return token_ ? standing_of(*token_, now(), refused_.reveal()) : SsoStanding::kEnded;
}

// Every way leads here again: with the lock, after a wait, after a renewal that failed.
void SsoSignIn::look() {
  if (const ipc::Status read = read_file(); !read) {
    return fail(read.error().fault, "the token file " + read.error().what, read.error().next_step);
  }
  const SsoStanding standing = this->standing();
  const bool renewable = token_ && !tried_to_renew_ && is_renewable(*token_, now());
  if (standing == SsoStanding::kGood || (standing == SsoStanding::kEndsSoon && !renewable)) return hand_out();
  if (!locked_) return lock();
  if (renewable) return renew();
  log_in();
}

void SsoSignIn::lock() {
  const auto locked = file_.try_lock();
  if (!locked) return fail(Fault::kSystem, "the token file " + locked.error().what, "check the file system of ~/.aws");
  if (!*locked) return wait();
  locked_ = true;
  if (file_.nameless()) return open();
  look();
}

// Somebody else is at it. A token that is still good is good enough meanwhile.
void SsoSignIn::wait() {
  if (standing() == SsoStanding::kEndsSoon) return hand_out();
  if (!saw_login_ && file_.another_shows_login()) say_that_we_wait();
  if (source_.context.clock.since_boot() - began_ > kPatience) {
    return fail(Fault::kUnavailable, "another process is signing in and does not come to an end",
                "end it, or try again");
  }
  pause_ = source_.context.timers.after(kLookAgain, [this] { file_.nameless() ? open() : look(); });
}

// So that the user hears why nothing happens, and the start is given the time of a login. What comes of it is nothing
// to us: the run that shows the page brings the token.
void SsoSignIn::say_that_we_wait() {
  saw_login_ = true;
  errand_ =
      source_.errands.show(ipc::ErrandKind::ShowLogin, {source_.options.profile, {}, {}}, [](const ipc::Status&) {});
}

// ---- renewing ------------------------------------------------------------------------------------------------------

void SsoSignIn::renew() {
  tried_to_renew_ = true;
  call_ = std::make_unique<AwsCall>(source_.context,
                                    renew_sso_token(source_.plan, token_->client, token_->refresh.reveal()),
                                    read_oidc_failure, [this](const Answer& answer) { on_renewed(answer); });
}

void SsoSignIn::on_renewed(const Answer& answer) {
  if (!answer) return renewal_failed(answer.error().error);
  auto fresh = read_fresh_token(answer->body.view());
  if (!fresh) return renewal_failed(fresh.error());
  SsoToken token = std::move(*token_);
  token.start_url = source_.plan.start_url;
  token.region = source_.plan.region;
  token.access = std::move(fresh->access);
  token.refresh = std::move(fresh->refresh);
  token.ends = now() + fresh->lives;
  keep(std::move(token));
}

// A refresh token is good once: where the AWS CLI was faster, its new token is in the file by now.
void SsoSignIn::renewal_failed(const ipc::Error& error) {
  renewal_failed_ = error.what;
  if (error.fault == Fault::kUnavailable && standing() == SsoStanding::kEnded) {
    return fail(error.fault, why_no_token(), "check the network, then try again");
  }
  look();
}

// ---- logging in ----------------------------------------------------------------------------------------------------

void SsoSignIn::log_in() {
  if (!source_.options.auto_login) {
    return fail(Fault::kRefused, why_no_token(), by_hand() + ", or start with --auto-login");
  }
  // Each of those who waited would show the page once more, to a user who has just said no.
  if (saw_login_) {
    return fail(Fault::kRefused, why_no_token() + ", and the login that another run showed was not completed",
                "start again, or " + by_hand());
  }
  if (source_.login_was_left) {
    return fail(Fault::kRefused, why_no_token() + ", and the login that this run showed was not completed", by_hand());
  }
  file_.say_login_is_shown();
  auto done = [this](ipc::Result<SsoToken> token) { on_logged_in(std::move(token)); };
  const SsoOptions& options = source_.options;
  // As the AWS CLI: the old form of a profile knows the device's way alone.
  if (options.browser && !source_.plan.session.empty()) {
    login_ = std::make_unique<SsoBrowserLogin>(source_.context, source_.errands, source_.plan, options.profile, done);
  } else {
    login_ = std::make_unique<SsoDeviceLogin>(source_.context, source_.errands, source_.plan, options.profile, done);
  }
}

void SsoSignIn::on_logged_in(ipc::Result<SsoToken> token) {
  if (token) {
    if (token_) token->others = std::move(token_->others);
    return keep(std::move(*token));
  }
  source_.login_was_left = login_->left_to_user();
  const ipc::Error error = token.error();
  fail(error.fault, why_no_token() + ", and logging in failed: " + error.what,
       error.next_step.empty() ? by_hand() : error.next_step);
}

// ---- the end -------------------------------------------------------------------------------------------------------

// What is fetched is used even where it cannot be put away.
void SsoSignIn::keep(SsoToken token) {
  token_ = std::move(token);
  const ipc::Status kept = file_.replace(sso_token_text(*token_));
  if (!kept && source_.options.warn) {
    source_.options.warn("the token file of IAM Identity Center " + kept.error().what +
                         ": the next run of the user has to log in again");
  }
  hand_out();
}

void SsoSignIn::hand_out() { finish(std::move(token_->access)); }

std::string SsoSignIn::by_hand() const { return "run `aws sso login --profile " + source_.options.profile + "`"; }

std::string SsoSignIn::why_no_token() const {
  if (!token_) return unreadable_;
  const bool refused = token_->access.equals(refused_.reveal());
  std::string why =
      refused ? "the token of " + source_.plan.start_url + " was ended by IAM Identity Center"
              : "the token of " + source_.plan.start_url + " has ended at " + std::string(rfc3339(token_->ends).text());
  if (!renewal_failed_.empty()) why += " and cannot be renewed (" + renewal_failed_ + ")";
  return why;
}

void SsoSignIn::fail(Fault fault, const std::string& why, const std::string& next_step) {
  finish(ipc::fail(fault, source_.plan.place + ": " + why, next_step));
}

void SsoSignIn::finish(ipc::Result<ipc::SecretBuffer> outcome) {
  errand_.reset();
  call_.reset();
  pause_.reset();
  file_ = SignInFile();  // and its lock
  const OnToken done = std::move(done_);
  done(std::move(outcome));  // last: it may have destroyed this sign-in
}

}  // namespace broker
