// Asks the kernel about the client's end of a TCP connection: which user's socket it is, and its inode number.
//
// One exact question to NETLINK_SOCK_DIAG by the pair of addresses; nothing is listed.
// Blocks: never: the kernel answers within the call that asks.
// Owns: one netlink socket, opened before lock-down (the filter allows no new one).
// Fails: with the row of caller/checks.def.   Source: sock_diag(7); broker/caller/KERNEL.md, facts 7 and 12.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <expected>

#include "caller/checks.h"
#include "ipc/result.h"
#include "ipc/unique_fd.h"

namespace broker {

struct TcpOwner {
  uid_t uid = 0;
  std::uint64_t inode = 0;
};

class TcpOwners {
 public:
  static ipc::Result<TcpOwners> open();

  // The socket whose own address is `client` and whose peer is `server`. A socket that no process holds is a refusal
  // (kSocketOrphan), whatever uid the kernel reports for it: that is 0, and would read as root.
  [[nodiscard]] std::expected<TcpOwner, Check> find(const sockaddr_in& client, const sockaddr_in& server);

 private:
  explicit TcpOwners(ipc::UniqueFd fd) : fd_(std::move(fd)) {}
  ipc::UniqueFd fd_;
  std::uint32_t sequence_ = 0;
};

}  // namespace broker
