// A client's connection, received from the frontend, after its descriptor was judged; not yet who calls.
//
// The frontend may be taken over and send anything that has a descriptor. What it says about the connection is not
// asked for: domain, type, protocol, state and address come from the kernel.
// Blocks: never.   Owns: the descriptor. Its description is shared with the frontend:
// no flag of it is changed but timestamping, which is turned off.
// Fails: with the row of caller/checks.def that refused.
// Source: broker/caller/KERNEL.md, facts 1, 2 and 11; the limits of each check are said where it is made.
#pragma once

#include <netinet/in.h>

#include <expected>
#include <string>
#include <vector>

#include "caller/checks.h"
#include "ipc/messages.h"
#include "ipc/unique_fd.h"

namespace broker {

// The addresses that the supervisor announced with ListenerOpened.
class Listeners {
 public:
  // False for a message that no true supervisor sends: unknown transport, port 0, relative or empty path.
  [[nodiscard]] bool add(const ipc::ListenerOpened& opened);
  [[nodiscard]] bool has_port(in_port_t port_network_order) const;
  [[nodiscard]] bool has_path(std::string_view path) const;

 private:
  std::vector<in_port_t> ports_;  // network order
  std::vector<std::string> paths_;
};

class ClientSocket {
 public:
  // Takes the descriptor; on refusal it is closed.
  static std::expected<ClientSocket, Check> check(ipc::UniqueFd fd, const Listeners& listeners);

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] ipc::Transport transport() const { return transport_; }
  // TCP only: the client's end and ours, as they were when the descriptor was judged.
  [[nodiscard]] const sockaddr_in& client() const { return client_; }
  [[nodiscard]] const sockaddr_in& server() const { return server_; }

  // Call right before the write. A process that shares a TCP connection could disconnect it and connect it elsewhere;
  // the frontend's filter forbids that, and this notices it. Always true for Unix, where the kernel refuses (EISCONN).
  [[nodiscard]] bool peer_unchanged() const;
  // The same, and time stamping is off still: kPassed, kPeerChanged or kTimestamping.
  [[nodiscard]] Check judge_again() const;

 private:
  ClientSocket(ipc::UniqueFd fd, ipc::Transport transport) : fd_(std::move(fd)), transport_(transport) {}
  Check judge_unix(const Listeners& listeners) const;
  Check judge_tcp(const Listeners& listeners);

  ipc::UniqueFd fd_;
  ipc::Transport transport_;
  sockaddr_in client_{}, server_{};
};

}  // namespace broker
