#include "hostile_descriptors.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

namespace hostile {
namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<in_port_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

sockaddr_un named(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  return address;
}

template <class Address>
bool bind_to(int fd, const Address& address) {
  return ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}
template <class Address>
bool join(int fd, const Address& address) {
  return ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

sockaddr_in name_of(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return address;
}

Bait pair_of(int type) {
  int ends[2] = {-1, -1};
  ::socketpair(AF_UNIX, type, 0, ends);
  return {ends[0], ends[1]};
}

Bait pipe_ends() {
  int ends[2] = {-1, -1};
  if (::pipe(ends) != 0) return {};
  return {ends[1], ends[0]};
}

int tcp_listener() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  return bind_to(fd, loopback(0)) && ::listen(fd, 8) == 0 ? fd : -1;
}

// A TCP connection between two sockets of our own.
void add_tcp_connections(Baits& baits) {
  const int listener = tcp_listener();
  const int client = ::socket(AF_INET, SOCK_STREAM, 0);
  if (!join(client, name_of(listener))) return;
  const int server = ::accept(listener, nullptr, nullptr);
  baits["tcp-listener"] = {listener, -1};
  baits["tcp-own-connection"] = {server, client};
  // One socket that is both ends.
  const int self = ::socket(AF_INET, SOCK_STREAM, 0);
  if (bind_to(self, loopback(0)) && join(self, name_of(self))) baits["tcp-self-connection"] = {self, self};
  const int unconnected = ::socket(AF_INET, SOCK_STREAM, 0);
  if (bind_to(unconnected, loopback(0))) baits["tcp-unconnected"] = {unconnected, -1};
}

// A connection to a Unix listener of our own, which has another name.
void add_unix_connection(Baits& baits) {
  const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0), client = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "hostile-%d", ::getpid());
  if (!bind_to(listener, address) || ::listen(listener, 8) != 0 || !join(client, address)) return;
  baits["unix-listener"] = {listener, -1};
  baits["unix-own-connection"] = {::accept(listener, nullptr, nullptr), client};
}

void add_datagrams(Baits& baits) {
  const int udp = ::socket(AF_INET, SOCK_DGRAM, 0), to = ::socket(AF_INET, SOCK_DGRAM, 0);
  if (bind_to(to, loopback(0)) && join(udp, name_of(to))) baits["udp"] = {udp, to};
  baits["netlink"] = {::socket(AF_NETLINK, SOCK_RAW, 0), -1};
  baits["unix-datagram"] = pair_of(SOCK_DGRAM);
  baits["unix-packets"] = pair_of(SOCK_SEQPACKET);
  baits["tcp6"] = {::socket(AF_INET6, SOCK_STREAM, 0), -1};
}

void add_files(Baits& baits) {
  baits["dev-null"] = {::open("/dev/null", O_RDWR), -1};
  baits["path-only"] = {::open("/", O_PATH), -1};
  baits["folder"] = {::open("/", O_RDONLY | O_DIRECTORY), -1};
  const int memory = ::memfd_create("bait", 0);
  baits["memfd"] = {memory, memory};
  baits["epoll"] = {::epoll_create1(0), -1};
  baits["pidfd"] = {static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)), -1};
}

// A process below this one connects, and stays until we are gone. It keeps two descriptors alone, or the ends of our
// channels would never be seen.
void let_a_child_connect(const std::string& path) {
  int lifeline[2];
  if (::pipe(lifeline) != 0 || ::fork() != 0) {
    ::close(lifeline[0]);
    return;
  }
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  const bool joined = join(fd, named(path));
  ::dup2(lifeline[0], 0);
  ::dup2(fd, 1);
  ::syscall(SYS_close_range, 2U, ~0U, 0U);
  char byte;
  ::_exit(joined && ::read(0, &byte, 1) >= 0 ? 0 : 1);
}

// The run's path, taken for a moment: two sockets then bear the same name.
void add_rebound(Baits& baits, const std::string& path) {
  const std::string away = path + "-away";
  const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0), client = ::socket(AF_UNIX, SOCK_STREAM, 0);
  if (std::rename(path.c_str(), away.c_str()) != 0) return;
  if (bind_to(listener, named(path)) && ::listen(listener, 8) == 0 && join(client, named(path))) {
    baits["rebound"] = {::accept(listener, nullptr, nullptr), client};
    let_a_child_connect(path);
    baits["rebound-by-child"] = {::accept(listener, nullptr, nullptr), -1};
    baits["rebound-listener"] = {listener, -1};
  }
  std::rename(away.c_str(), path.c_str());
}

}  // namespace

int connect_to(const Target& target) {
  const int fd = ::socket(target.tcp ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const bool joined = target.tcp ? join(fd, loopback(target.port)) || errno == EINPROGRESS : join(fd, named(target.path));
  return joined ? fd : -1;
}

Baits make_baits(const Target& target) {
  Baits baits;
  baits["socketpair"] = pair_of(SOCK_STREAM);
  baits["pipe"] = pipe_ends();
  add_tcp_connections(baits);
  add_unix_connection(baits);
  add_datagrams(baits);
  add_files(baits);
  if (!target.path.empty()) add_rebound(baits, target.path);
  const int own = connect_to(target);
  if (own >= 0) baits["client-end"] = {own, own};
  return baits;
}

}  // namespace hostile
