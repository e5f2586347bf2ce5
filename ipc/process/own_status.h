// Reads what the kernel says of a process in /proc/PID/status for another process, which cannot open it: with hidepid,
// /proc hides an unreadable process, as ours are, from its own user. So each opens its own and passes the descriptor
// on. What is read from that is what is so then, also after an exec.
//
// Runs in: supervisor, broker, frontend, witness.   Blocks: in take_descriptor() alone.   Owns: nothing.
// Fails: seen_in() with kSystem; the others with an empty descriptor.
#pragma once

#include <sys/types.h>

#include "ipc/process/lockdown.h"
#include "ipc/result.h"
#include "ipc/unique_fd.h"

namespace ipc {

// Empty where there is no /proc.
UniqueFd open_own_status();

// Blocks: never.
bool pass_descriptor(int socket, const UniqueFd& descriptor);
// Blocks: until it comes, or the other end is gone, or five seconds have passed: who was to send it may have been
// stopped.
UniqueFd take_descriptor(int socket);

// Fails: kSystem where `status` is not the one of `pid`.
Result<SeenProtection> seen_in(const UniqueFd& status, pid_t pid);

}  // namespace ipc
