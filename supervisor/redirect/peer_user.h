// Whose process is at the other end of a connection on 127.0.0.1, as the kernel's table of sockets says it. The address
// of a sign-in's page stands in the command line of the browser, which other users of the host can read, and its state
// with it: what comes from one of them is no redirect.
//
// Runs in: supervisor.   Blocks: on /proc, which is memory.
// Source: proc_pid_net(5), /proc/net/tcp and tcp6.
#pragma once

#include <sys/types.h>

#include <optional>

namespace supervisor {

// Nothing where the other end is gone, or in another network namespace.
[[nodiscard]] std::optional<uid_t> user_of_peer(int connection);

}  // namespace supervisor
