#include "redirect/peer_user.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <sstream>
#include <string>

#include "ipc/process/socket_diag.h"
#include "ipc/unique_fd.h"

namespace supervisor {
namespace {

constexpr const char* kEstablished = "01";
constexpr const char* kMapped = "0000000000000000FFFF0000";  // what stands before an IPv4 address in an IPv6 socket

// As the table writes it: the address as this machine's number, the port as a number.
std::string written(const sockaddr_in& address) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%08X:%04X", static_cast<unsigned>(address.sin_addr.s_addr),
                static_cast<unsigned>(ntohs(address.sin_port)));
  return text.data();
}

// ---- one question to the kernel, whose cost does not grow with the connections that a stranger makes

bool is_held(const inet_diag_msg& answer, const sockaddr_in& client, const sockaddr_in& server) {
  return ipc::is_about(answer, client, server) && answer.idiag_state == TCP_ESTABLISHED && answer.idiag_inode != 0;
}

// kNotThere is also what a kernel says that has no inet_diag. kNothing: the question did not reach it.
enum class Told { kUser, kNobody, kNotThere, kNothing };

Told read_answer(const char* bytes, std::size_t size, const sockaddr_in& client, const sockaddr_in& server,
                 uid_t& user) {
  nlmsghdr header{};
  nlmsgerr error{};
  inet_diag_msg answer{};
  if (size < NLMSG_HDRLEN + sizeof error) return Told::kNothing;
  std::memcpy(&header, bytes, sizeof header);
  std::memcpy(&error, bytes + NLMSG_HDRLEN, sizeof error);
  if (header.nlmsg_type == NLMSG_ERROR) return error.error == -ENOENT ? Told::kNotThere : Told::kNothing;
  if (header.nlmsg_type != SOCK_DIAG_BY_FAMILY || size < NLMSG_HDRLEN + sizeof answer) return Told::kNothing;
  std::memcpy(&answer, bytes + NLMSG_HDRLEN, sizeof answer);
  user = answer.idiag_uid;
  return is_held(answer, client, server) ? Told::kUser : Told::kNobody;
}

// Connected to the kernel: no other sender's packets arrive here. It answers before send() returns.
Told ask_kernel(const sockaddr_in& client, const sockaddr_in& server, uid_t& user) {
  const ipc::UniqueFd fd(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  const sockaddr_nl kernel{.nl_family = AF_NETLINK, .nl_pad = 0, .nl_pid = 0, .nl_groups = 0};
  const ipc::SocketQuestion question = ipc::question_about(client, server, 0);
  alignas(nlmsghdr) char bytes[1024];
  if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&kernel), sizeof kernel) != 0 ||
      ::send(fd.get(), &question, sizeof question, MSG_DONTWAIT | MSG_NOSIGNAL) != sizeof question)
    return Told::kNothing;
  const ssize_t got = ::recv(fd.get(), bytes, sizeof bytes, MSG_DONTWAIT);
  return got < 0 ? Told::kNothing : read_answer(bytes, static_cast<std::size_t>(got), client, server, user);
}

// Our own end is there. Once is enough: from then on no stranger, who may have gone already, makes us read the table.
bool kernel_answers(const sockaddr_in& ours, const sockaddr_in& theirs) {
  static bool answers = false;
  uid_t user = 0;
  if (answers) return true;
  const Told by = ask_kernel(ours, theirs, user);
  return answers = by == Told::kUser || by == Told::kNobody;
}

// ---- the table of all, where it answers none

std::string text_of(const char* table) {
  const ipc::UniqueFd file(::open(table, O_RDONLY | O_CLOEXEC));
  std::string text;
  std::array<char, 16384> part{};
  while (file) {
    const ssize_t got = ::read(file.get(), part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(part.data(), static_cast<std::size_t>(got));
  }
  return text;
}

}  // namespace

std::optional<uid_t> user_in_table(std::string_view table, const sockaddr_in& client, const sockaddr_in& server) {
  const std::string local = written(client), remote = written(server);
  while (!table.empty()) {
    const std::string line(table.substr(0, table.find('\n')));
    table.remove_prefix(std::min(table.size(), line.size() + 1));
    if (line.find(local) == std::string::npos) continue;
    std::istringstream fields(line);
    std::string number, from, to, state, queues, timer, retransmits, timeout;
    uid_t user = 0;
    unsigned long inode = 0;
    if (!(fields >> number >> from >> to >> state >> queues >> timer >> retransmits >> user >> timeout >> inode))
      continue;
    const bool same = (from == local && to == remote) || (from == kMapped + local && to == kMapped + remote);
    // Without an inode no process holds it any more, and its owner is not known.
    if (same) return state == kEstablished && inode != 0 ? std::optional(user) : std::nullopt;
  }
  return std::nullopt;
}

std::optional<uid_t> user_of_peer(int connection) {
  sockaddr_in ours{}, theirs{};
  socklen_t our_size = sizeof ours, their_size = sizeof theirs;
  if (::getsockname(connection, reinterpret_cast<sockaddr*>(&ours), &our_size) != 0 ||
      ::getpeername(connection, reinterpret_cast<sockaddr*>(&theirs), &their_size) != 0 || ours.sin_family != AF_INET ||
      theirs.sin_family != AF_INET) {
    return std::nullopt;
  }
  uid_t told = 0;
  const Told by = ask_kernel(theirs, ours, told);
  if (by == Told::kUser) return told;
  if (by == Told::kNobody || (by == Told::kNotThere && kernel_answers(ours, theirs))) return std::nullopt;
  if (const auto user = user_in_table(text_of("/proc/self/net/tcp"), theirs, ours)) return user;
  return user_in_table(text_of("/proc/self/net/tcp6"), theirs, ours);
}

}  // namespace supervisor
