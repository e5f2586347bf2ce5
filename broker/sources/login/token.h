// What a user of `aws login` is signed in with, as the AWS CLI's file holds it, so that the AWS tools and Sentinel
// share one sign-in. The text alone; the file is sources/sign_in/file.h.
//
// Blocks: never.   Owns: the secrets, in wiped memory; the type moves and does not copy.
// Units: moments by this machine's own clock, as all who share the file write them.
// Fails: kProtocol; the sentence begins with a verb, as those of text/json_members.h.
// Source: botocore credentials.py (LoginCredentialFetcher) and utils.py (LoginTokenLoader); AWS CLI 2 (aws
// login), which writes the file.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ipc/result.h"
#include "ipc/secret.h"

namespace broker {

inline constexpr std::size_t kMaxLoginRefresh = 8192;  // the service's model has 2048

struct LoginToken {
  std::string access_key_id;
  ipc::SecretBuffer secret_access_key, session_token;
  std::string account_id;  // empty: the file does not say
  std::chrono::sys_seconds ends{};
  std::string client_id;
  ipc::SecretBuffer refresh;                                  // good together with the key alone
  ipc::SecretBuffer dpop_key;                                 // of the refresh token, PEM
  std::vector<std::pair<std::string, std::string>> others{};  // as JSON writes them: what is not known here is kept
};

[[nodiscard]] ipc::Result<LoginToken> read_login_token(std::string_view json);
[[nodiscard]] std::string login_token_text(const LoginToken& token);

// Of the file: 64 hex digits. `session` is the profile's login_session.
[[nodiscard]] std::string login_token_name(std::string_view session);

}  // namespace broker
