// Reads tokens that another program renews, and that the broker therefore reads anew each time: an identity
// provider's, a container's, a remote server's.
//
// Blocks: read_token_file() on a local file.   Owns: nothing.   Units: bytes.
// Fails: kConfig, and kUnavailable where there is no room for it; the sentence begins with a verb ("is empty") and
// quotes nothing.
#pragma once

#include <cstddef>
#include <string_view>

#include "ipc/result.h"
#include "ipc/secret.h"

namespace broker {

enum class TokenForm {
  kIdentity,  // a JWT, or an OAuth access token: letters, digits and - . _ ~ + / = |
  kHeader,    // what may be the value of an HTTP header: one line of printable ASCII
};

inline constexpr std::size_t kMaxTokenText = 20000;  // STS takes no longer ones

// One token and nothing else, but for spaces and line ends around it.
ipc::Result<ipc::SecretBuffer> read_token_text(std::string_view text, TokenForm form);
// What stands in the file from its first byte on, wherever the descriptor stands.
ipc::Result<ipc::SecretBuffer> read_token_file(int file, TokenForm form);

}  // namespace broker
