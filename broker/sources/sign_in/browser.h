// What the sign-ins by a browser of this host have in common, whichever service they are with: what only the page is
// told, what only we know, and what comes back.
//
// Blocks: never.   Owns: nothing.
// Source: RFC 6749 4.1, RFC 7636 (PKCE).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ipc/secret.h"

namespace broker {

struct PkcePair {
  std::string state;           // by which the answer is known; 32 characters
  std::string challenge;       // of the verifier: its SHA-256
  ipc::SecretBuffer verifier;  // 64 characters; without it a code is worth nothing
};
// Nothing where the kernel gives no random bytes.
[[nodiscard]] std::optional<PkcePair> make_pkce();

// What the errand brings: "PORT CODE".
struct BroughtCode {
  std::uint16_t port = 0;  // of 127.0.0.1, to which the browser came
  std::string_view code;   // visible ASCII; a view into the text
};
[[nodiscard]] std::optional<BroughtCode> read_brought_code(std::string_view text);

}  // namespace broker
