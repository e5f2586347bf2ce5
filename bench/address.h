// Where a server of a benchmark is: `unix:PATH`, or `tcp:PORT` on 127.0.0.1, and nothing else.
//
// Runs in: the load generator and the baseline servers.   Blocks: connect_to, until the server's backlog has room.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <chrono>
#include <string>
#include <string_view>

#include "ipc/result.h"
#include "ipc/unique_fd.h"

namespace bench {

struct Address {
  sockaddr_storage bytes{};
  socklen_t size = 0;
  std::string host;  // what an SDK sends as Host
};

ipc::Result<Address> parse_address(std::string_view text);

// A connected socket whose sends and receives give up after `patience`; kept blocking, as an SDK's is.
ipc::Result<ipc::UniqueFd> connect_to(const Address& address, std::chrono::milliseconds patience);

// A non-blocking listening socket; with port 0 the kernel chooses, and `address` then says which.
ipc::Result<ipc::UniqueFd> listen_on(Address& address);

// The address as parse_address reads it.
std::string spell(const Address& address);

}  // namespace bench
