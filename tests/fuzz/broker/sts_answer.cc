// Whatever STS, or something in its place, answers: it is read or refused, and what is read is fit for headers and
// JSON.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "must.h"
#include "services/sts.h"
#include "text/rfc3339.h"

namespace {

bool visible(std::string_view text) {
  for (const char c : text) {
    if (c <= ' ' || c > '~') return false;
  }
  return !text.empty();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool ready = ipc::SecretArena::open().has_value();
  must(ready);
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  for (const std::string_view action : {"AssumeRole", "AssumeRoleWithWebIdentity", "GetSessionToken"}) {
    const auto keys = broker::read_credentials(action, body);
    must(!keys || (visible(keys->access_key_id) && visible(keys->secret_access_key.reveal()) &&
                   visible(keys->session_token.reveal())));
  }
  const auto identity = broker::read_caller_identity(body);
  must(!identity || !identity->arn.empty());
  broker::HttpAnswer answer;
  answer.status = 400;
  answer.body.append(body);
  const broker::AwsFailure failure = broker::read_sts_failure(answer);
  must(failure.code.size() <= 67 && failure.message.size() <= 303);
  (void)broker::read_aws_time(body);
  return 0;
}
