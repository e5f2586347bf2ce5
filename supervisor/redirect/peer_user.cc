#include "redirect/peer_user.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

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

std::optional<uid_t> find(const char* table, const std::string& local, const std::string& remote) {
  std::ifstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string number, from, to, state, queues, timer, retransmits;
    uid_t user = 0;
    if (!(fields >> number >> from >> to >> state >> queues >> timer >> retransmits >> user)) continue;
    if (from == local && to == remote && state == kEstablished) return user;
  }
  return std::nullopt;
}

}  // namespace

std::optional<uid_t> user_of_peer(int connection) {
  sockaddr_in ours{}, theirs{};
  socklen_t our_size = sizeof ours, their_size = sizeof theirs;
  if (::getsockname(connection, reinterpret_cast<sockaddr*>(&ours), &our_size) != 0 ||
      ::getpeername(connection, reinterpret_cast<sockaddr*>(&theirs), &their_size) != 0 || ours.sin_family != AF_INET ||
      theirs.sin_family != AF_INET) {
    return std::nullopt;
  }
  const std::string local = written(theirs), remote = written(ours);  // as the other end sees it
  if (const auto user = find("/proc/self/net/tcp", local, remote)) return user;
  return find("/proc/self/net/tcp6", kMapped + local, kMapped + remote);
}

}  // namespace supervisor
