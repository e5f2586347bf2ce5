// The one question to NETLINK_SOCK_DIAG about a TCP connection of IPv4, and whether an answer is about it.
//
// Data and comparisons: opens, sends and receives nothing.   Blocks: never.
// Source: sock_diag(7); broker/caller/KERNEL.md, facts 7 and 12.
#pragma once

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <netinet/in.h>

#include <cstdint>

namespace ipc {

struct SocketQuestion {
  nlmsghdr header;
  inet_diag_req_v2 request;
};

// About the socket whose own address is `client` and whose peer is `server`, on the loopback device; for exactly one
// socket or an error. `sequence` comes back with the answer.
SocketQuestion question_about(const sockaddr_in& client, const sockaddr_in& server, std::uint32_t sequence);
bool is_about(const inet_diag_msg& answer, const sockaddr_in& client, const sockaddr_in& server);

}  // namespace ipc
