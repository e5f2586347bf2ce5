// What the kernel says of a process in /proc/PID/status, read by another process that cannot open it: with hidepid,
// /proc hides a process that nobody may read (ours) from its own user. So each opens its own and passes the descriptor
// on. Whoever holds that reads what is so then, also after an exec.
//
// Runs in: supervisor, broker, frontend, witness.
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
