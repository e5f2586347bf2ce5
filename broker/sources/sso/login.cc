#include "sources/sso/login.h"

#include <utility>

namespace broker {

using ipc::Fault;

SsoLogin::SsoLogin(AwsContext& context, ErrandDoer& errands, const SsoPlan& plan, std::string profile, SsoWay way,
                   OnDone done)
    : context_(context),
      errands_(errands),
      plan_(plan),
      profile_(std::move(profile)),
      way_(way),
      done_(std::move(done)) {
  open_registration();
}

void SsoLogin::open_registration() {
  errand_ = errands_.open(ipc::ErrandKind::OpenTokenCache, {profile_, sso_client_name(plan_), {}},
                          [this](ipc::Result<ipc::UniqueFd> file) { on_registration(std::move(file)); });
}

// A file that cannot be read, makes no sense or is of the other way is as good as none: a registration is free.
void SsoLogin::on_registration(ipc::Result<ipc::UniqueFd> file) {
  if (!file) return register_client();
  registration_ = SignInFile(std::move(*file));
  const auto text = registration_.read();
  if (!text) return register_client();
  auto client = read_sso_client(text->view());
  const bool good = client && client->way == way_ && client->ends - kLeastRegistration > context_.clock.wall();
  if (!good) return register_client();
  client_ = std::move(*client);
  start();
}

void SsoLogin::register_client() {
  registered_now_ = true;
  call_ = std::make_unique<AwsCall>(context_, register_sso_client(plan_, way_), read_oidc_failure,
                                    [this](const Answer& answer) { on_registered(answer); });
}

void SsoLogin::on_registered(const Answer& answer) {
  if (!answer) return fail(answer.error().error);
  auto client = read_registration(answer->body.view());
  if (!client) return fail(client.error());
  client_ = std::move(*client);
  client_.way = way_;
  (void)registration_.replace(sso_client_text(client_, plan_.scopes));  // where it fails, the next login registers
  start();
}

void SsoLogin::on_tokens(const HttpAnswer& answer) {
  auto fresh = read_fresh_token(answer.body.view());
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

void SsoLogin::finish(ipc::Result<SsoToken> outcome) {
  call_.reset();
  errand_.reset();
  pause_.reset();
  const OnDone done = std::move(done_);
  done(std::move(outcome));  // last: it may have destroyed this login
}

void SsoLogin::fail(const ipc::Error& error) { finish(std::unexpected(error)); }

void SsoLogin::fail_late() {
  fail({Fault::kRefused, "nobody approved the login in time", "start again, and approve it in the browser"});
}

}  // namespace broker
