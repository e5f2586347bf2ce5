#include "terminal.h"

#include <poll.h>
#include <unistd.h>

#include <string>

namespace supervisor {
namespace {

constexpr int kSayWaitMs = 200;  // a terminal stopped with Ctrl-S must not stop the lifecycle

}  // namespace

void say(std::string_view line) {
  std::string text = "sentinel: ";
  for (const char c : line) {
    const auto byte = static_cast<unsigned char>(c);
    text += byte < 0x20 || byte == 0x7f ? '?' : c;  // a message may quote hostile input
  }
  text += '\n';
  pollfd ready{STDERR_FILENO, POLLOUT, 0};
  if (::poll(&ready, 1, kSayWaitMs) != 1) return;
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());  // one line, one write
}

void report(const ipc::Error& error) {
  say(error.what);
  if (!error.next_step.empty()) say("  " + error.next_step);
}

}  // namespace supervisor
