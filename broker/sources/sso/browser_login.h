// Logs in by a browser of this host: the authorization code grant with PKCE, as the AWS CLI does where it has an
// sso-session. The supervisor shows the page and brings the code that the browser comes back with; the code is worth
// nothing without what only this object knows.
//
// Blocks, owns, fails: as SsoLogin.   Source: RFC 6749 4.1, RFC 7636 (PKCE), RFC 8252 7.3 (the loopback address);
// botocore utils.py (SSOTokenFetcherAuth).
#pragma once

#include "sources/sso/login.h"

namespace broker {

class SsoBrowserLogin final : public SsoLogin {
 public:
  SsoBrowserLogin(AwsContext& context, ErrandDoer& errands, const SsoPlan& plan, std::string profile, OnDone done)
      : SsoLogin(context, errands, plan, std::move(profile), SsoWay::kBrowser, std::move(done)) {}

 private:
  void start() override;
  void on_redirect(const ipc::Result<ipc::SecretBuffer>& answer);
  void on_redeemed(const Answer& answer);

  ipc::SecretBuffer verifier_;
};

}  // namespace broker
