// A question on the caller's terminal, and how the keeper has it put there.
//
// The keeper has a session of its own, and no terminal in it. So a process of the caller's session and process group
// asks, and job control works as if the shell had started nothing else: in a served run the waiting command, which has
// nothing to do yet; in the other runs a child made for it. One packet asks, one answers; whatever comes in between, or
// end of file, withdraws the question and restores the terminal, so nothing but SIGKILL of the asking process itself
// leaves it silent, and then the keeper restores it.
// Runs in: supervisor; ask_on_terminal() in the waiting command or the child.   Blocks: ask_on_terminal() alone.
// Fails: kUnavailable with what the user reads where there is no answer; kRefused for a packet with more than fits;
// kSystem where the asking process is gone.
// Source: termios(3), tcgetpgrp(3), credentials(7) on process groups.
#pragma once

#include <termios.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "ipc/messages.h"
#include "ipc/result.h"
#include "ipc/unique_fd.h"

namespace supervisor {

inline constexpr std::chrono::minutes kHumanLimit{5};
using Typed = ipc::Secret<1024>;

// Why an answer that does not fit is refused, wherever it was typed: a cut one would be sent as if it were the answer.
ipc::Error answer_too_long(std::string_view which);

// ---- the keeper's side ----

ipc::Status send_question(int socket, std::string_view text);
// Nothing yet: nullopt. The process behind the socket gone: kSystem.
std::optional<ipc::Result<Typed>> next_answer(int socket);
// What it says of that.
ipc::Error asker_gone();

// How the terminal behind one of stdin, stdout, stderr was before a question; restores it where the asking process
// cannot.
class TerminalMemory {
 public:
  void remember();
  void restore();

 private:
  int fd_ = -1;
  termios before_{};
};

// Whether there is a terminal to ask on: whether /dev/tty can be opened. In the caller's session only.
bool has_terminal();

// A child of ours that asks; for runs without a server.
struct Asker {
  pid_t pid = -1;
  ipc::UniqueFd socket;
};
ipc::Result<Asker> fork_asker();

// ---- the asking side ----

inline constexpr std::size_t kMaxQuestion = 1024;

// Whether a packet from the keeper is a question; its text is what stands behind the first byte.
bool is_question(std::string_view packet);

// Asks, without echo, and sends the answer, or why there is none. Returns when that is done, or when something else can
// be read from `socket`. Ends the process where a signal asks for it, the terminal restored.
void ask_on_terminal(int socket, std::string_view text);

}  // namespace supervisor
