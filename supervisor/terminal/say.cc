#include "terminal/say.h"

#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <utility>

#include "ipc/json/json_answer.h"
#include "terminal/plain_text.h"

namespace supervisor {
namespace {

constexpr int kSayWaitMs = 200;  // a terminal stopped with Ctrl-S must not stop the lifecycle

}  // namespace

void say(std::string_view line, ipc::Ink ink) {
  if (line.find_first_not_of(" \t\r\n") == std::string_view::npos) return;  // nothing to say
  const bool coloured = ink != ipc::Ink::kNone && ipc::shows_colour(STDERR_FILENO);
  const std::string name = coloured ? ipc::inked(ink, "sentinel:") : "sentinel:";
  const std::string text = name + " " + harmless(line) + "\n";  // a message may quote hostile input
  pollfd ready{STDERR_FILENO, POLLOUT, 0};
  if (::poll(&ready, 1, kSayWaitMs) != 1) return;
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());  // one line, one write
}

void report(const ipc::Error& error) {
  say(ipc::said(error), ipc::Ink::kBad);
  if (!error.next_step.empty()) say("  " + error.next_step);
}

void report_as_json(const ipc::Error& error) {
  report(error);
  ipc::JsonAnswer answer;
  answer.found(error);
  const std::string text = std::move(answer).finish(false);
  (void)std::fwrite(text.data(), 1, text.size(), stdout);
  (void)std::fflush(stdout);
}

}  // namespace supervisor
