#include "sources/sso/browser_login.h"

#include <utility>

#include "call/next_step.h"
#include "sources/sign_in/browser.h"

namespace broker {

using ipc::Fault;

void SsoBrowserLogin::start() {
  auto pair = make_pkce();
  if (!pair) return fail({Fault::kSystem, "there are no random numbers for a login", "try again"});
  verifier_ = std::move(pair->verifier);
  left_to_user_ = true;
  pause_ = context_.timers.after(kPatience, [this] { fail_late(); });
  errand_ = errands_.ask(ipc::ErrandKind::ShowSignIn,
                         {profile_, sso_authorize_url(plan_, client_, pair->state, pair->challenge), pair->state},
                         [this](const ipc::Result<ipc::SecretBuffer>& answer) { on_redirect(answer); });
}

void SsoBrowserLogin::on_redirect(const ipc::Result<ipc::SecretBuffer>& answer) {
  if (!answer) return fail(answer.error());
  const auto brought = read_brought_code(answer->reveal());
  if (!brought)
    return fail({Fault::kProtocol, "what came back from the browser is no code", "start again, or with --device-code"});
  pause_.reset();
  call_ = std::make_unique<AwsCall>(
      context_, create_code_token(plan_, client_, {brought->code, brought->port, verifier_.reveal()}),
      read_oidc_failure, [this](const Answer& redeemed) { on_redeemed(redeemed); });
}

void SsoBrowserLogin::on_redeemed(const Answer& answer) {
  if (answer) return on_tokens(*answer);
  ipc::Error error = ipc::with_next_step(answer.error().error, next_step_after(answer.error().failure));
  if (error.next_step.empty()) error.next_step = "start again, or with --device-code";
  fail(error);
}

}  // namespace broker
