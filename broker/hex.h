// Bytes as lower-case hex digits, and the SHA-256 of a text in that form.
//
// Runs in: broker.   Blocks: never.   Fails: sha256_hex answers an empty text when OpenSSL does not hash.
#pragma once

#include <string>
#include <string_view>

namespace broker {

std::string hex(std::string_view bytes);
std::string sha256_hex(std::string_view text);

}  // namespace broker
