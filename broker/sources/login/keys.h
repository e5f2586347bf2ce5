// Fetches keys of a user who has signed in with `aws login`: those that its file holds, or where they end soon, others
// for its refresh token. However many runs want that at once, one asks: it holds the file's lock, and all others wait
// and then find what came. Where there is no sign-in, the user is asked for one, if that was asked for and a browser of
// this host can be sent back to it.
//
// Blocks: never.   Owns: the file and its lock while something is under way.
// Time: by this machine's clock, as all who share the file write it.
// Fails: with the plan's place; the next step names the profile and `aws login`.
// Source: botocore credentials.py, LoginCredentialFetcher.
#pragma once

#include <functional>
#include <string>

#include "call/context.h"
#include "keys/errands.h"
#include "keys/fetch.h"
#include "profile/plan.h"

namespace broker {

struct LoginOptions {
  bool auto_login = false;
  bool browser = false;                            // a browser of this host may come back to a login
  std::string profile;                             // for the next step
  std::function<void(const std::string&)> warn{};  // may be empty
};

// `context` and `errands` outlive every fetch.
[[nodiscard]] StartFetch login_keys(AwsContext& context, ErrandDoer& errands, LoginPlan plan, LoginOptions options);

}  // namespace broker
