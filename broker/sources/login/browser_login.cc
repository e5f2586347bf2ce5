#include "sources/login/browser_login.h"

#include <utility>

#include "call/next_step.h"
#include "sources/login/calls.h"
#include "sources/sign_in/browser.h"

namespace broker {

using ipc::Fault;

BrowserLogin::BrowserLogin(AwsContext& context, ErrandDoer& errands, const LoginPlan& plan, const std::string& profile,
                           OnDone done)
    : context_(context), errands_(errands), plan_(plan), done_(std::move(done)) {
  start(profile);
}

// What fails here is told later: the caller is still at work.
void BrowserLogin::start(const std::string& profile) {
  auto pair = make_pkce();
  auto key = DpopKey::make();
  if (!pair || !key) {
    const ipc::Error error =
        key ? ipc::Error{Fault::kSystem, "there are no random numbers for a login", "try again"} : key.error();
    pause_ = context_.timers.after(std::chrono::milliseconds(0), [this, error] { fail(error); });
    return;
  }
  key_ = std::move(*key);
  verifier_ = std::move(pair->verifier);
  pause_ = context_.timers.after(kPatience, [this] {
    fail({Fault::kRefused, "nobody approved the login in time", "start again, and approve it in the browser"});
  });
  errand_ = errands_.ask(ipc::ErrandKind::ShowSignIn,
                         {profile, login_authorize_url(plan_, pair->state, pair->challenge), pair->state},
                         [this](const ipc::Result<ipc::SecretBuffer>& answer) { on_redirect(answer); });
}

void BrowserLogin::on_redirect(const ipc::Result<ipc::SecretBuffer>& answer) {
  if (!answer) return fail(answer.error());
  const auto brought = read_brought_code(answer->reveal());
  if (!brought) return fail({Fault::kProtocol, "what came back from the browser is no code", "start again"});
  auto proof = key_.proof(login_token_url(plan_), context_.aws_now());
  if (!proof) return fail(proof.error());
  pause_.reset();
  call_ = std::make_unique<AwsCall>(
      context_, redeem_login_code(plan_, {brought->code, brought->port, verifier_.reveal()}, std::move(*proof)),
      read_login_failure, [this](const Answer& redeemed) { on_redeemed(redeemed); });
}

void BrowserLogin::on_redeemed(const Answer& answer) {
  if (!answer) return fail(ipc::with_next_step(answer.error().error, next_step_after(answer.error().failure)));
  const auto now = std::chrono::floor<std::chrono::seconds>(context_.clock.wall());
  auto token = read_new_login(answer->body.view(), now);
  if (!token) return fail(token.error());
  if (token->session != plan_.session) {
    return fail({Fault::kRefused,
                 "it is " + token->session + " who has signed in, and login_session names " + plan_.session,
                 "sign in as that one, or let `aws login` change the profile"});
  }
  auto pem = key_.pem();
  if (!pem) return fail(pem.error());
  token->token.dpop_key = std::move(*pem);
  finish(std::move(token->token));
}

void BrowserLogin::finish(ipc::Result<LoginToken> outcome) {
  call_.reset();
  errand_.reset();
  pause_.reset();
  const OnDone done = std::move(done_);
  done(std::move(outcome));  // last: it may have destroyed this login
}

void BrowserLogin::fail(ipc::Error error) { finish(std::unexpected(std::move(error))); }

}  // namespace broker
