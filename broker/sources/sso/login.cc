#include "sources/sso/login.h"

#include <algorithm>
#include <utility>

#include "call/next_step.h"

namespace broker {

using ipc::Fault;
using Answer = std::expected<HttpAnswer, AwsCallError>;

SsoLogin::SsoLogin(AwsContext& context, ErrandDoer& errands, const SsoPlan& plan, std::string profile, OnDone done)
    : context_(context), errands_(errands), plan_(plan), profile_(std::move(profile)), done_(std::move(done)) {
  open_registration();
}

// ---- the program's registration ------------------------------------------------------------------------------------

void SsoLogin::open_registration() {
  errand_ = errands_.open(ipc::ErrandKind::OpenTokenCache, {profile_, sso_client_name(plan_), {}},
                          [this](ipc::Result<ipc::UniqueFd> file) { on_registration(std::move(file)); });
}

// A file that cannot be read or makes no sense is as good as none: a registration is free.
void SsoLogin::on_registration(ipc::Result<ipc::UniqueFd> file) {
  if (!file) return register_client();
  registration_ = SignInFile(std::move(*file));
  const auto text = registration_.read();
  if (!text) return register_client();
  auto client = read_sso_client(text->view());
  if (!client || client->ends - kLeastRegistration <= context_.clock.wall()) return register_client();
  client_ = std::move(*client);
  start();
}

void SsoLogin::register_client() {
  registered_now_ = true;
  call_ = std::make_unique<AwsCall>(context_, register_sso_client(plan_), read_oidc_failure,
                                    [this](const Answer& answer) { on_registered(answer); });
}

void SsoLogin::on_registered(const Answer& answer) {
  if (!answer) return fail(answer.error().error);
  auto client = read_registration(answer->body.view());
  if (!client) return fail(client.error());
  client_ = std::move(*client);
  (void)registration_.replace(sso_client_text(client_, plan_.scopes));  // where it fails, the next login registers
  start();
}

// ---- the page ------------------------------------------------------------------------------------------------------

void SsoLogin::start() {
  call_ = std::make_unique<AwsCall>(context_, start_device_login(plan_, client_), read_oidc_failure,
                                    [this](const Answer& answer) { on_started(answer); });
}

void SsoLogin::on_started(const Answer& answer) {
  if (!answer) {
    const bool unknown = oidc_refusal(answer.error().failure) == OidcRefusal::kUnknownClient;
    if (unknown && !registered_now_) return register_client();  // the kept one was withdrawn
    return fail(answer.error().error);
  }
  auto login = read_device_login(answer->body.view());
  if (!login) return fail(login.error());
  login_ = std::move(*login);
  ends_ = context_.clock.since_boot() + std::min<std::chrono::seconds>(login_.lives, kPatience);
  // The page first: a user who approves at once, in a browser that is open already, must have read what was approved.
  show();
  poll();
}

void SsoLogin::show() {
  errand_ = errands_.show(ipc::ErrandKind::ShowLogin, {profile_, login_.url, login_.code}, [this](ipc::Status shown) {
    if (!shown) fail(shown.error());
  });
}

// ---- the answer ----------------------------------------------------------------------------------------------------

void SsoLogin::poll() {
  pause_.reset();
  call_ = std::make_unique<AwsCall>(context_, create_device_token(plan_, client_, login_.device.reveal()),
                                    read_oidc_failure, [this](const Answer& answer) { on_polled(answer); });
}

void SsoLogin::on_polled(const Answer& answer) {
  if (!answer) return on_refused(answer.error());
  auto fresh = read_fresh_token(answer->body.view());
  if (!fresh) return fail(fresh.error());
  SsoToken token;
  token.start_url = plan_.start_url;
  token.region = plan_.region;
  token.access = std::move(fresh->access);
  token.refresh = std::move(fresh->refresh);
  token.ends = std::chrono::floor<std::chrono::seconds>(context_.clock.wall()) + fresh->lives;
  token.client = std::move(client_);
  finish(std::move(token));
}

void SsoLogin::on_refused(const AwsCallError& refusal) {
  switch (oidc_refusal(refusal.failure)) {
    case OidcRefusal::kPending:
      return poll_later();
    case OidcRefusal::kSlowDown:  // RFC 8628 3.5: five seconds more from now on
      login_.interval = std::min(login_.interval + kUsualPollInterval, kMostPollInterval);
      return poll_later();
    case OidcRefusal::kLoginExpired:
      return fail({Fault::kRefused, "nobody approved the login in time", "start again, and approve it in the browser"});
    case OidcRefusal::kDenied:
      return fail({Fault::kRefused, "the login was denied in the browser", "start again, and approve it there"});
    case OidcRefusal::kUnknownClient:
    case OidcRefusal::kOther:
      // A network that is away for a while takes nothing from a user who is about to approve.
      if (refusal.error.fault == Fault::kUnavailable) return poll_later();
      return fail(ipc::with_next_step(refusal.error, next_step_after(refusal.failure)));
  }
}

void SsoLogin::poll_later() {
  left_to_user_ = true;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(ends_ - context_.clock.since_boot());
  if (left <= std::chrono::milliseconds(0)) {
    return fail({Fault::kRefused, "nobody approved the login in time", "start again, and approve it in the browser"});
  }
  pause_ = context_.timers.after(std::min<std::chrono::milliseconds>(login_.interval, left), [this] { poll(); });
}

void SsoLogin::finish(ipc::Result<SsoToken> outcome) {
  call_.reset();
  errand_.reset();
  pause_.reset();
  const OnDone done = std::move(done_);
  done(std::move(outcome));  // last: it may have destroyed this login
}

void SsoLogin::fail(const ipc::Error& error) { finish(std::unexpected(error)); }

}  // namespace broker
