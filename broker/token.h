// The bearer token of a run: 32 random bytes as 43 letters, digits, '-' and '_'. Proves that a caller read the
// command's environment, and no more: who it is, caller.h says.
//
// Runs in: broker.   Blocks: never after boot (getrandom waits for the kernel's first entropy only).
// Owns: the token, in wiped memory.
// Fails: make() where the kernel gives no random bytes; nothing is served then.
// Source: RFC 4648 5 (base64url, no padding); FIELD.md 2.6: the value is compared bare, no client sends "Bearer".
#pragma once

#include <string_view>

#include "caller_checks.h"
#include "ipc/result.h"
#include "ipc/secret.h"

namespace broker {

class Token {
 public:
  static constexpr std::size_t kRandomBytes = 32;
  static constexpr std::size_t kLength = 43;
  static ipc::Result<Token> make();

  // For the one message that carries it to the supervisor.
  [[nodiscard]] std::string_view reveal() const { return text_.reveal(); }
  [[nodiscard]] const ipc::SecretBuffer& secret() const { return text_; }
  // kPassed, kTokenMissing or kTokenWrong, in a time that depends on the lengths alone.
  [[nodiscard]] Check judge(std::string_view authorization) const;

 private:
  explicit Token(ipc::SecretBuffer text) : text_(std::move(text)) {}
  ipc::SecretBuffer text_;
};

}  // namespace broker
