// Any bytes, as the payload of every message: what decodes must encode to the same bytes.
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "ipc/codec.h"

namespace {
template <class Message>
void try_message(std::string_view payload) {
  Message message;
  if (!ipc::decode(payload, message)) return;
  static std::array<char, ipc::kMaxPacketBytes> bytes;
  const std::size_t size = ipc::encode(message, bytes);
  if (size != payload.size() + 2 || std::memcmp(bytes.data() + 2, payload.data(), payload.size()) != 0) std::abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view payload(reinterpret_cast<const char*>(data), size);
#define MESSAGE(name, ...) try_message<ipc::name>(payload);
#include "ipc/messages.def"
#undef MESSAGE
  return 0;
}
