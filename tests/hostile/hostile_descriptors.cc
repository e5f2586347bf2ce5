#include "hostile_descriptors.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
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

bool write_file(const char* path, const std::string& text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  const bool written = fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(fd);
  return written;
}

bool send_descriptors(int to, int first, int second) {
  char byte = 0;
  iovec part{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))] = {};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  cmsghdr* c = CMSG_FIRSTHDR(&header);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(2 * sizeof(int));
  const int both[2] = {first, second};
  std::memcpy(CMSG_DATA(c), both, sizeof both);
  return ::sendmsg(to, &header, 0) == 1;
}

bool receive_descriptors(int from, int (&both)[2]) {
  char byte;
  iovec part{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))] = {};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  if (::recvmsg(from, &header, 0) != 1 || CMSG_FIRSTHDR(&header) == nullptr) return false;
  std::memcpy(both, CMSG_DATA(CMSG_FIRSTHDR(&header)), sizeof both);
  return true;
}

// A process below this one, with another folder in the place of the run's: what it binds there bears the run's own
// name, and the run's watch sees nothing of it. It connects, too, and stays until we are gone, with two descriptors
// alone, or the ends of our channels would never be seen.
[[noreturn]] void rebind(const std::string& path, int parent) {
  const std::string folder = path.substr(0, path.rfind('/')), uid = std::to_string(::geteuid()),
                    gid = std::to_string(::getegid());
  const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0), client = ::socket(AF_UNIX, SOCK_STREAM, 0);
  const bool bound =
      ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && ::prctl(PR_SET_DUMPABLE, 1) == 0 &&  // or its uid_map is root's

      write_file("/proc/self/uid_map", uid + " " + uid + " 1") && write_file("/proc/self/setgroups", "deny") &&
      write_file("/proc/self/gid_map", gid + " " + gid + " 1") &&
      ::mount("none", folder.c_str(), "tmpfs", 0, nullptr) == 0 && bind_to(listener, named(path)) &&
      ::listen(listener, 8) == 0 && join(client, named(path));
  const int accepted = bound ? ::accept(listener, nullptr, nullptr) : -1;
  if (accepted < 0 || !send_descriptors(parent, listener, accepted)) ::_exit(1);
  ::dup2(parent, 0);
  ::dup2(client, 1);
  ::syscall(SYS_close_range, 2U, ~0U, 0U);
  char byte;
  ::_exit(::read(0, &byte, 1) >= 0 ? 0 : 1);
}

// Two sockets then bear the same name.
void add_rebound(Baits& baits, const std::string& path) {
  int ends[2], both[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0) return;
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    rebind(path, ends[1]);
  }
  ::close(ends[1]);
  const int client = ::socket(AF_UNIX, SOCK_STREAM, 0);
  if (child < 0 || !receive_descriptors(ends[0], both) ||
      !join(client, named("/proc/" + std::to_string(child) + "/root" + path)))
    return;
  baits["rebound"] = {::accept(both[0], nullptr, nullptr), client};
  baits["rebound-by-child"] = {both[1], -1};
  baits["rebound-listener"] = {both[0], -1};
}

}  // namespace

int connect_to(const Target& target) {
  const int fd = ::socket(target.tcp ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const bool joined =
      target.tcp ? join(fd, loopback(target.port)) || errno == EINPROGRESS : join(fd, named(target.path));
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
