// Seals bytes so that they can be neither read nor changed without the key: AES-256-GCM (NIST SP 800-38D) by OpenSSL.
//
// Runs in: broker, and the tool that keeps keys.   Blocks: never.   Owns: nothing; what is opened lies in wiped memory.
// Form: a nonce of 12 random bytes, the sealed bytes, a tag of 16. `bound` is not in it, but must be the same again.
// Fails: kConfig for bytes that are not what seal() made with this key and this `bound`; which of both cannot be told.
#pragma once

#include <string>
#include <string_view>

#include "ipc/result.h"
#include "ipc/secret.h"

namespace broker {

inline constexpr std::size_t kAeadKeyBytes = 32, kAeadNonceBytes = 12, kAeadTagBytes = 16;
inline constexpr std::size_t kAeadOverhead = kAeadNonceBytes + kAeadTagBytes;

// Random nonces: a key must not seal more than 2^32 times, which no file of a user's comes near.
ipc::Result<std::string> seal(const ipc::SecretBuffer& key, std::string_view plain, std::string_view bound);
ipc::Result<ipc::SecretBuffer> unseal(const ipc::SecretBuffer& key, std::string_view sealed, std::string_view bound);

}  // namespace broker
