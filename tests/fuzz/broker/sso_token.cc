// Whatever is in the token file, and whatever IAM Identity Center or something in its place answers: it is read or
// refused. A token that was read is written so that it is read as the same again; nothing that breaks a header or
// steers a terminal gets through.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "ipc/text/login_page.h"
#include "must.h"
#include "sources/sso/calls.h"
#include "sources/sso/token.h"

namespace {

bool fits_a_header(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

void token_file(std::string_view text) {
  const auto token = broker::read_sso_token(text);
  if (!token) return;
  must(!token->access.empty() && fits_a_header(token->access.reveal()) && fits_a_header(token->refresh.reveal()));
  const std::string written = broker::sso_token_text(*token);
  const auto again = broker::read_sso_token(written);
  must(again && again->access.equals(token->access.reveal()) && again->ends == token->ends);
  must(broker::sso_token_text(*again) == written);
  if (const auto client = broker::read_sso_client(text)) must(!client->id.empty() && !client->secret.empty());
}

void answers(std::string_view text) {
  if (const auto keys = broker::read_role_credentials(text)) {
    must(fits_a_header(keys->access_key_id) && fits_a_header(keys->session_token.reveal()));
  }
  if (const auto token = broker::read_fresh_token(text)) must(token->lives.count() > 0);
  if (const auto login = broker::read_device_login(text)) {
    must(fits_a_header(login->url) && ipc::is_login_page(login->url) && login->code.size() <= 32);
    must(login->interval.count() >= 1 && login->interval <= broker::kMostPollInterval && login->lives.count() > 0);
  }
  (void)broker::read_registration(text);
  broker::HttpAnswer refusal;
  refusal.status = 400;
  refusal.body.append(text);
  const broker::AwsFailure failure = broker::read_oidc_failure(refusal);
  must(failure.code.size() <= 67 && failure.message.size() <= 303);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool open = ipc::SecretArena::open().has_value();
  must(open);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  token_file(text);
  answers(text);
  return 0;
}
