// Fetches keys of a role of IAM Identity Center's (AWS IAM Identity Center, once AWS SSO), for a user who is signed in
// there: a token, then one call to the portal. A token that the portal refuses is renewed once, and the call repeated.
//
// Blocks: never.
// Fails: with the plan's place; the next step names the profile, `aws sso login` and --auto-login.
// Source: botocore credentials.py, SSOCredentialFetcher.
#pragma once

#include "keys/fetch.h"
#include "sources/sso/sign_in.h"

namespace broker {

// `context` and `errands` outlive every fetch.
[[nodiscard]] StartFetch sso_keys(AwsContext& context, ErrandDoer& errands, SsoPlan plan, SsoOptions options);

}  // namespace broker
