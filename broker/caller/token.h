// The bearer token of a run: 32 random bytes as 43 letters, digits, '-' and '_'. Proves that a caller read the
// command's environment, and no more: who it is, caller/caller_check.h says.
//
// Blocks: never after boot (getrandom waits for the kernel's first entropy only).
// Fails: where the kernel gives no random bytes; nothing is served then.
// Source: RFC 4648 5 (base64url, no padding). Authorization's value is compared bare (SecretBuffer::equals, in constant
// time): AWS SDKs send the token as it is, without "Bearer".
#pragma once

#include "ipc/result.h"
#include "ipc/secret.h"

namespace broker {

inline constexpr std::size_t kTokenRandomBytes = 32;
inline constexpr std::size_t kTokenLength = 43;

ipc::Result<ipc::SecretBuffer> make_token();

}  // namespace broker
