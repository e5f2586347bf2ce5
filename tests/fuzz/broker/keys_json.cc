// Whatever a credential_process prints, or a service of an instance or container answers: it is read or refused, and
// what is read is fit for headers and JSON; and whatever stands where a token should.
#include "keys/keys_json.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "aws/key_syntax.h"
#include "keys/token_text.h"
#include "must.h"
#include "sources/process.h"
#include "text/ascii.h"
#include "text/rfc3339.h"

namespace {

// Nothing of the text stands in the sentence: it could be the secret.
void must_not_quote(const ipc::Error& error, std::string_view text) {
  must(error.what.size() < 200);
  must(text.size() < 48 || error.what.find(text.substr(8, 40)) == std::string::npos);
}

void must_be_keys(const broker::IssuedCredentials& keys) {
  must(broker::is_access_key_id(keys.access_key_id) && broker::is_visible(keys.secret_access_key.reveal()));
  must(keys.session_token.empty() || broker::is_visible(keys.session_token.reveal()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool ready = ipc::SecretArena::open().has_value();
  must(ready);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  constexpr std::chrono::sys_seconds now = std::chrono::sys_days(std::chrono::year(2026) / 1 / 27);
  for (const std::string_view token : {"SessionToken", "Token"}) {
    const auto read = broker::read_keys_json(text, token);
    if (!read) {
      must_not_quote(read.error(), text);
    } else if (!read->keys.access_key_id.empty()) {
      must_be_keys(read->keys);
      must(!broker::check_temporary(read->keys, now) || read->keys.expiration > now);
    }
  }
  const auto printed = broker::read_process_keys(text, now);
  if (printed) must_be_keys(*printed);
  if (!printed) must_not_quote(printed.error(), text);
  (void)broker::read_lenient_time(text);
  must(broker::program_of(text).size() <= 123);
  for (const auto form : {broker::TokenForm::kIdentity, broker::TokenForm::kHeader}) {
    const auto read = broker::read_token_text(text, form);
    if (!read) must_not_quote(read.error(), text);
    if (read) must(!read->empty() && read->reveal().find_first_of("\r\n") == std::string_view::npos);
  }
  return 0;
}
