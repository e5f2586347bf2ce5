#include "caller/tcp_owner.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstring>

#include "ipc/process/socket_diag.h"

namespace broker {
namespace {

// The client may have shut down its sending half already: a request needs no more than that.
bool may_still_read(std::uint8_t state) {
  return state == TCP_ESTABLISHED || state == TCP_FIN_WAIT1 || state == TCP_FIN_WAIT2 || state == TCP_CLOSE_WAIT;
}

std::expected<TcpOwner, Check> judge(const inet_diag_msg& answer) {
  if (answer.idiag_inode == 0) return std::unexpected(Check::kSocketOrphan);
  if (!may_still_read(answer.idiag_state)) return std::unexpected(Check::kSocketState);
  return TcpOwner{answer.idiag_uid, answer.idiag_inode};
}

std::expected<TcpOwner, Check> open_answer(const char* bytes, std::size_t size, const sockaddr_in& client,
                                           const sockaddr_in& server) {
  nlmsghdr header{};
  std::memcpy(&header, bytes, sizeof header);
  const char* body = bytes + NLMSG_HDRLEN;
  if (header.nlmsg_type == NLMSG_ERROR && size >= NLMSG_HDRLEN + sizeof(nlmsgerr)) {
    nlmsgerr error{};
    std::memcpy(&error, body, sizeof error);
    return std::unexpected(error.error == -ENOENT ? Check::kSocketUnknown : Check::kSocketLookup);
  }
  inet_diag_msg answer{};
  if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY || size < NLMSG_HDRLEN + sizeof answer) {
    return std::unexpected(Check::kSocketLookup);
  }
  std::memcpy(&answer, body, sizeof answer);
  if (!ipc::is_about(answer, client, server)) return std::unexpected(Check::kSocketLookup);
  return judge(answer);
}

}  // namespace

ipc::Result<TcpOwners> TcpOwners::open() {
  ipc::UniqueFd fd(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  const sockaddr_nl kernel{.nl_family = AF_NETLINK, .nl_pad = 0, .nl_pid = 0, .nl_groups = 0};
  // Connected to the kernel (port 0): packets of no other sender arrive here.
  if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel) != 0) {
    return ipc::system_error("asking the kernel about TCP sockets (NETLINK_SOCK_DIAG)",
                             "use --unix-socket, or load the kernel modules inet_diag and tcp_diag");
  }
  return TcpOwners(std::move(fd));
}

std::expected<TcpOwner, Check> TcpOwners::find(const sockaddr_in& client, const sockaddr_in& server) {
  const ipc::SocketQuestion question = ipc::question_about(client, server, ++sequence_);
  if (::send(fd_.get(), &question, sizeof question, MSG_DONTWAIT | MSG_NOSIGNAL) != sizeof question) {
    return std::unexpected(Check::kSocketLookup);
  }
  alignas(nlmsghdr) char bytes[1024];
  // Answers to questions that were given up (a full buffer) are older than ours: skipped, at most a buffer full.
  for (int i = 0; i < 64; ++i) {
    const ssize_t got = ::recv(fd_.get(), bytes, sizeof bytes, MSG_DONTWAIT);
    if (got < static_cast<ssize_t>(sizeof(nlmsghdr))) return std::unexpected(Check::kSocketLookup);
    nlmsghdr header{};
    std::memcpy(&header, bytes, sizeof header);
    if (header.nlmsg_seq == sequence_) return open_answer(bytes, static_cast<std::size_t>(got), client, server);
  }
  return std::unexpected(Check::kSocketLookup);
}

}  // namespace broker
