// Signals as descriptors. Both halves of the supervisor block every signal and read them; no handler runs, and no
// disposition but SIGCHLD's is changed, so the command inherits what the caller had (nohup included).
//
// Runs in: supervisor (face, keeper, the waiting command).   Blocks: never.
#pragma once

#include <signal.h>

#include <optional>

#include "ipc/process/pidfd.h"
#include "ipc/result.h"
#include "ipc/unique_fd.h"

namespace supervisor {

// What the caller had, to be given back to the command.
struct CallerSignals {
  sigset_t mask{};
  struct sigaction child_action {};
};

CallerSignals hold_signals();
void restore_signals(const CallerSignals&);

// SIGCHLD and every signal that is passed on.
ipc::Result<ipc::UniqueFd> signal_descriptor();

struct ArrivedSignal {
  int number = 0;
  bool from_terminal = false;  // the kernel sent it to the whole foreground group: the command has it already
};

// The next one, if there is one. Understands what relay() sends.
std::optional<ArrivedSignal> next_signal(int descriptor);

// Passes a signal on to the keeper, with its origin.
void relay(const ipc::Pidfd& to, const ArrivedSignal&);

// The user asked for the end: SIGHUP, SIGINT, SIGQUIT, SIGTERM, unless the caller had it ignored (nohup).
bool asks_to_end(int number);

}  // namespace supervisor
