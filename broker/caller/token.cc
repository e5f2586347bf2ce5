#include "caller/token.h"

#include <array>
#include <span>

#include "host/random.h"

namespace broker {
namespace {

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static_assert(sizeof kAlphabet == 64 + 1);

// Six bits at a time, first byte first; the last character carries what is left, padded with zero bits.
void append_base64url(std::span<const unsigned char> bytes, ipc::SecretBuffer& out) {
  const std::span<char> room = out.room();
  std::size_t length = 0;
  unsigned bits = 0;
  int count = 0;
  for (const unsigned char byte : bytes) {
    bits = (bits << 8 | byte) & 0xFFFF;
    for (count += 8; count >= 6; count -= 6) room[length++] = kAlphabet[(bits >> (count - 6)) & 63];
  }
  if (count > 0) room[length++] = kAlphabet[(bits << (6 - count)) & 63];
  out.grow(length);
}

}  // namespace

ipc::Result<ipc::SecretBuffer> make_token() {
  std::array<unsigned char, kTokenRandomBytes> random{};
  if (!fill_with_random(random)) return ipc::system_error("the kernel gives no random bytes for the run's token");
  ipc::SecretBuffer text = ipc::SecretBuffer::with_capacity(kTokenLength);
  append_base64url(random, text);
  ipc::wipe(random.data(), random.size());
  return text;
}

}  // namespace broker
