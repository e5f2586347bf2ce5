// Where a broker looks callers up, once for all its runs: its witness, the kernel's table of sockets, and whether the
// kernel names a peer by pidfd.
//
// Blocks: until the witness is locked down.   Owns: the witness's socket, a netlink socket.
// Fails: where the witness cannot be locked down, or a socket is refused.
#pragma once

#include <memory>
#include <string>

#include "caller/tcp_owner.h"
#include "caller/witness.h"
#include "ipc/result.h"

namespace broker {

// How a caller's process is found; the weaker way is for kernels before 6.5, and for tests.
enum class PeerLookup { kByPidfd, kByNumber };

struct CallerSources {
  // Before lock-down, any secret and any thread: Witness::start() says why.
  static ipc::Result<std::unique_ptr<CallerSources>> open();

  Witness witness;
  TcpOwners owners;
  PeerLookup lookup;

  // How callers are told apart on this kernel, by name, for the start-up report.
  [[nodiscard]] std::string level() const;
};

}  // namespace broker
