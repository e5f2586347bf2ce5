// Whose process is at the other end of a connection on 127.0.0.1, as the kernel says it. The address
// of a page that a browser is given stands in the browser's command line, which other users of the host can read: what
// comes from one of them is no browser of the user's.
//
// Runs in: supervisor.   Blocks: never; on /proc, which is memory, where the kernel has no inet_diag.
// Source: sock_diag(7); proc_pid_net(5), /proc/net/tcp and tcp6.
#pragma once

#include <netinet/in.h>
#include <sys/types.h>

#include <optional>
#include <string_view>

namespace supervisor {

// Nothing where the other end is gone, or in another network namespace. It may be a socket of IPv6, which reaches
// 127.0.0.1, too.
[[nodiscard]] std::optional<uid_t> user_of_peer(int connection);

// The owner of the socket at `client` that is connected to `server`; `table`: the text of /proc/net/tcp or tcp6.
[[nodiscard]] std::optional<uid_t> user_in_table(std::string_view table, const sockaddr_in& client,
                                                 const sockaddr_in& server);

}  // namespace supervisor
