// What a user of IAM Identity Center is signed in with, as the AWS CLI's cache files hold it, so that `aws sso login`
// and Sentinel share one sign-in both ways. The text alone; the file is sources/sign_in/file.h.
//
// Blocks: never.   Owns: the secrets, in wiped memory; all types move and do not copy.
// Units: moments by this machine's own clock, as all who share the file write them.
// Fails: kProtocol; the sentence begins with a verb, as those of text/json_members.h.
// Source: botocore utils.py (SSOTokenFetcher, SSOTokenLoader) and tokens.py.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ipc/result.h"
#include "ipc/secret.h"
#include "profile/plan.h"

namespace broker {

inline constexpr std::size_t kMaxUrl = 2048, kMaxClientId = 1024;
inline constexpr std::size_t kMaxSsoSecret = 8192;  // those of AWS stay under 3000

// How a user logs in. A program is registered for one of the two.
enum class SsoWay { kDevice, kBrowser };

// What a program is registered as; Identity Center gives tokens to registered programs alone.
struct SsoClient {
  std::string id;  // empty: none
  ipc::SecretBuffer secret;
  std::chrono::sys_seconds ends{};
  SsoWay way = SsoWay::kDevice;  // of a registration; a token's file does not say it
};

struct SsoToken {
  std::string start_url, region;  // empty where the file does not say
  ipc::SecretBuffer access;
  std::chrono::sys_seconds ends{};
  ipc::SecretBuffer refresh;                                  // empty: it cannot be renewed
  SsoClient client;                                           // for which the tokens were made
  std::vector<std::pair<std::string, std::string>> others{};  // as JSON writes them: what is not known here is kept
};

[[nodiscard]] ipc::Result<SsoToken> read_sso_token(std::string_view json);
[[nodiscard]] std::string sso_token_text(const SsoToken& token);

// The registration has a file of its own, since it outlives the tokens.
[[nodiscard]] ipc::Result<SsoClient> read_sso_client(std::string_view json);
[[nodiscard]] std::string sso_client_text(const SsoClient& client, const std::vector<std::string>& scopes);

// Where a session names no scopes, a browser's login asks for this one; the device's for none.
inline constexpr std::string_view kDefaultSsoScope = "sso:account:access";

// Of the files: 40 hex digits.
[[nodiscard]] std::string sso_token_name(const SsoPlan& plan);
[[nodiscard]] std::string sso_client_name(const SsoPlan& plan);

// "/start", "/start/" and "/start#/" are one page.
[[nodiscard]] bool same_start_url(std::string_view a, std::string_view b);

}  // namespace broker
