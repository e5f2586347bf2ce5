// What sentinel-keys asks the user: on the terminal, the secrets without showing them, or line by line from a stdin
// that is no terminal.
//
// Runs in: sentinel-keys.   Blocks: until the user answers.   Owns: the terminal's settings while it hides what is
// typed; they are put back on every way out that a process can notice.
// Fails: kUsage where there is neither a line nor a terminal, and for an answer that cannot be one.
#pragma once

#include <string>
#include <string_view>

#include "ipc/result.h"
#include "ipc/secret.h"
#include "ipc/unique_fd.h"

namespace broker {

class KeyPrompt {
 public:
  static constexpr std::size_t kMaxLine = 1024, kShortestPassphrase = 8;
  static constexpr int kTries = 3;  // of a passphrase, where it can be asked for again

  KeyPrompt();
  [[nodiscard]] ipc::Result<std::string> line(std::string_view question);
  [[nodiscard]] ipc::Result<ipc::SecretBuffer> secret(std::string_view question);
  // From a stdin that is at its end, from the terminal all the same.
  [[nodiscard]] ipc::Result<ipc::SecretBuffer> passphrase(std::string_view question);
  // Asked twice where it is typed unseen, and not too short; there up to kTries times.
  [[nodiscard]] ipc::Result<ipc::SecretBuffer> new_passphrase();
  [[nodiscard]] bool can_ask_again() const { return typed_; }

 private:
  [[nodiscard]] ipc::Result<ipc::SecretBuffer> ask(std::string_view question, bool hidden);
  [[nodiscard]] ipc::Result<ipc::SecretBuffer> ask_at(int terminal, std::string_view question, bool hidden);

  bool typed_;  // stdin is a terminal
};

}  // namespace broker
