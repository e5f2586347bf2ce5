#include "redirect/peer_user.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <sstream>
#include <string>

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
  if (const auto user = user_in_table(text_of("/proc/self/net/tcp"), theirs, ours)) return user;
  return user_in_table(text_of("/proc/self/net/tcp6"), theirs, ours);
}

}  // namespace supervisor
