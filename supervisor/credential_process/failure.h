// How the helper ends where it cannot give credentials: one sentence on stderr, nothing on stdout, and what secrets
// pass through wiped.
//
// Runs in: sentinel-credential-process.   Blocks: on stderr.   Owns: the program's buffers; main() wipes them, too.
#pragma once

#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <string_view>

#include "credential_process/answer_text.h"
#include "ipc/client/served_profiles.h"

namespace supervisor {

inline constexpr std::size_t kMaxAnswerBytes = 16 * 1024;
inline constexpr std::size_t kMaxTokenBytes = 256;

inline constexpr int kExitFailed = 1, kExitTampered = 3;

inline char request[kMaxTokenBytes + ipc::kMaxProfileInPath + 192];
inline char answer[kMaxAnswerBytes];
inline char output[kMaxAnswerBytes];
inline std::size_t output_size = 0;

inline constexpr std::string_view kTerminalTells = "the terminal that runs sentinel, and the decision log, tell why";
inline constexpr std::string_view kTerminalTellsMore =
    "the terminal that runs sentinel, and the decision log, tell how to look into it";
inline constexpr std::string_view kChangeUserFirst =
    "a run serves the user who started it alone: change the user first, and start sentinel exec as the new one (gosu "
    "USER sentinel exec ..., sudo -u USER sentinel exec ...)";

[[noreturn]] inline void fail(std::initializer_list<std::string_view> what, std::string_view next_step = kTerminalTells,
                              int exit_code = kExitFailed) {
  char line[kMaxMessage + 512];
  std::size_t used = 0;
  const auto add = [&](std::string_view text) {
    for (const char c : text) {
      if (used == sizeof line - 1) return;
      line[used++] = static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    }
  };
  add("sentinel: ");
  for (const std::string_view part : what) add(part);
  add("; ");
  add(next_step);
  line[used++] = '\n';
  explicit_bzero(request, sizeof request);
  explicit_bzero(answer, sizeof answer);  // only now: `what` may point into it
  explicit_bzero(output, sizeof output);
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line, used);
  ::_exit(exit_code);
}
[[noreturn]] inline void fail(std::string_view what, std::string_view detail = {}) { fail({what, detail}); }

class Digits {
 public:
  explicit Digits(unsigned long number)
      : size_(static_cast<std::size_t>(std::to_chars(text_, text_ + sizeof text_, number).ptr - text_)) {}
  operator std::string_view() const { return {text_, size_}; }

 private:
  char text_[20];
  std::size_t size_;
};

}  // namespace supervisor
