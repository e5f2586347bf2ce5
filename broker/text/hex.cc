#include "text/hex.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace broker {

namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

}  // namespace

std::string hex(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

void append_upper_hex(std::string& out, char byte) {
  constexpr std::string_view kUpper = "0123456789ABCDEF";
  out += kUpper[static_cast<unsigned char>(byte) >> 4];
  out += kUpper[static_cast<unsigned char>(byte) & 15];
}

std::string sha256_hex(std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr) != 1) return {};
  return hex({reinterpret_cast<const char*>(digest), size});
}

std::string hmac_sha256_hex(std::string_view key, std::string_view text) {
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
  if (!HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes, text.size(), mac, &size)) return {};
  return hex({reinterpret_cast<const char*>(mac), size});
}

bool is_lower_hex(std::string_view text, std::size_t digits) {
  return text.size() == digits && text.find_first_not_of(kDigits) == text.npos;
}

bool is_sha256_hex(std::string_view text) { return is_lower_hex(text, 64); }

}  // namespace broker
