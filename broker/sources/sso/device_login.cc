#include "sources/sso/device_login.h"

#include <algorithm>
#include <utility>

#include "call/next_step.h"

namespace broker {

using ipc::Fault;

// ---- the page ------------------------------------------------------------------------------------------------------

void SsoDeviceLogin::start() {
  call_ = std::make_unique<AwsCall>(context_, start_device_login(plan_, client_), read_oidc_failure,
                                    [this](const Answer& answer) { on_started(answer); });
}

void SsoDeviceLogin::on_started(const Answer& answer) {
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

void SsoDeviceLogin::show() {
  errand_ = errands_.show(ipc::ErrandKind::ShowLogin, {profile_, login_.url, login_.code}, [this](ipc::Status shown) {
    if (!shown) fail(shown.error());
  });
}

// ---- the answer ----------------------------------------------------------------------------------------------------

void SsoDeviceLogin::poll() {
  pause_.reset();
  call_ = std::make_unique<AwsCall>(context_, create_device_token(plan_, client_, login_.device.reveal()),
                                    read_oidc_failure, [this](const Answer& answer) { on_polled(answer); });
}

void SsoDeviceLogin::on_polled(const Answer& answer) {
  if (!answer) return on_refused(answer.error());
  on_tokens(*answer);
}

void SsoDeviceLogin::on_refused(const AwsCallError& refusal) {
  switch (oidc_refusal(refusal.failure)) {
    case OidcRefusal::kPending:
      return poll_later();
    case OidcRefusal::kSlowDown:  // RFC 8628 3.5: five seconds more from now on
      login_.interval = std::min(login_.interval + kUsualPollInterval, kMostPollInterval);
      return poll_later();
    case OidcRefusal::kLoginExpired:
      return fail_late();
    case OidcRefusal::kDenied:
      return fail({Fault::kRefused, "the login was denied in the browser", "start again, and approve it there"});
    case OidcRefusal::kUnknownClient:
    case OidcRefusal::kOther:
      // A network that is away for a while takes nothing from a user who is about to approve.
      if (refusal.error.fault == Fault::kUnavailable) return poll_later();
      return fail(ipc::with_next_step(refusal.error, next_step_after(refusal.failure)));
  }
}

void SsoDeviceLogin::poll_later() {
  left_to_user_ = true;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(ends_ - context_.clock.since_boot());
  if (left <= std::chrono::milliseconds(0)) return fail_late();
  pause_ = context_.timers.after(std::min<std::chrono::milliseconds>(login_.interval, left), [this] { poll(); });
}

}  // namespace broker
