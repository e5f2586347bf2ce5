// A process forked from this one, which talks with it over a socket and does one thing: it runs no other program of
// ours, so it begins with a copy of all that this process holds.
//
// Blocks: never.   Fails: kSystem.
#pragma once

#include <sys/types.h>

#include <functional>
#include <span>
#include <string_view>

#include "ipc/result.h"
#include "ipc/unique_fd.h"

namespace ipc {

struct ForkedProcess {
  UniqueFd socket;  // SOCK_SEQPACKET; its end is the end of the child's work
  pid_t pid = 0;
};

// `be_it` never returns. `what` it is, for the sentence of a failure: "the process that looks into /proc".
Result<ForkedProcess> fork_process(std::string_view what, const std::function<void(UniqueFd socket)>& be_it);

// ---- in the child

struct KeptDescriptor {
  int fd;
  bool for_programs = false;  // stays open in a program that the child runs
};

// What a forked process does first, with the name that `ps` shows. Signals are blocked, so that only the end of its
// socket ends it: not Ctrl-C, which the whole terminal gets. The descriptors become 0, 1 and so on, and all others are
// closed.
[[nodiscard]] bool begin_forked_process(const char* name, std::span<const KeptDescriptor> kept);

}  // namespace ipc
