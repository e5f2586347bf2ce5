// Whatever lies in a signature's place: it is read or refused, and what is read is written and read again the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/source/signature.h"
#include "text/base64.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto envelope = broker::parse_envelope(text, "the signature");
  if (envelope) {
    if (envelope->policy.version < 1 || envelope->policy.hash.size() != 64) std::abort();
    if (!broker::check_signed_name(envelope->policy.name)) std::abort();
    const auto again = broker::parse_envelope(broker::format_envelope(*envelope), "the signature");
    if (!again || again->policy != envelope->policy || again->signature != envelope->signature) std::abort();
  }
  const auto raw = broker::from_base64(text);
  if (raw && broker::base64(*raw) != text) std::abort();
  return 0;
}
