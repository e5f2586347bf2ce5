// Hex digits: bytes as lower-case ones, the SHA-256 of a text and its HMAC in that form, and what is one.
//
// Blocks: never.   Fails: sha256_hex and hmac_sha256_hex answer an empty text when OpenSSL does not hash.
#pragma once

#include <string>
#include <string_view>

namespace broker {

std::string hex(std::string_view bytes);
std::string sha256_hex(std::string_view text);
std::string hmac_sha256_hex(std::string_view key, std::string_view text);

void append_upper_hex(std::string& out, char byte);

// So many lower-case digits, and nothing else.
bool is_lower_hex(std::string_view text, std::size_t digits);
// As sha256_hex() writes it.
bool is_sha256_hex(std::string_view text);

// What a digit of either case is worth; -1 for what is none.
constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace broker
