#include "caller/client_socket.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>

#include "ipc/text/ip_address.h"

namespace broker {
namespace {

bool option(int fd, int name, int& value) {
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 && size == sizeof value;
}

// What every connection of ours has in common, in the order of broker/caller/KERNEL.md, fact 11. A pipe answers
// ENOTSOCK, an O_PATH descriptor EBADF: both fail at the first question.
Check judge_kind(int fd, int& domain) {
  int value = 0;
  if (!option(fd, SO_DOMAIN, domain)) return Check::kNotASocket;
  if (domain != AF_UNIX && domain != AF_INET) return Check::kWrongDomain;
  if (!option(fd, SO_TYPE, value) || value != SOCK_STREAM) return Check::kWrongType;
  if (!option(fd, SO_PROTOCOL, value) || value != (domain == AF_INET ? IPPROTO_TCP : 0)) return Check::kWrongProtocol;
  if (!option(fd, SO_ACCEPTCONN, value) || value != 0) return Check::kListening;
  return Check::kPassed;
}

bool address_of(int fd, sockaddr_in& address, int (*ask)(int, sockaddr*, socklen_t*)) {
  socklen_t size = sizeof address;
  address = {};
  return ask(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0 && size == sizeof address &&
         address.sin_family == AF_INET;
}

bool same(const sockaddr_in& a, const sockaddr_in& b) {
  return a.sin_port == b.sin_port && a.sin_addr.s_addr == b.sin_addr.s_addr;
}

// On TCP the kernel hands a copy of what we send to any holder of the connection that asks for transmit time stamps
// (broker/caller/KERNEL.md, fact 1). The option may have been set on the listener, and was inherited then.
bool stop_timestamping(int fd) {
  const int off = 0;
  int flags = 1;
  return ::setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &off, sizeof off) == 0 && option(fd, SO_TIMESTAMPING, flags) &&
         flags == 0;
}

}  // namespace

bool Listeners::add(const ipc::ListenerOpened& opened) {
  if (opened.transport == ipc::Transport::Tcp) {
    if (opened.port == 0 || !opened.path.empty()) return false;
    ports_.push_back(htons(opened.port));
    return true;
  }
  if (opened.port != 0 || opened.path.empty() || opened.path.str().front() != '/') return false;
  paths_.push_back(opened.path.str());
  return true;
}

bool Listeners::has_port(in_port_t port_network_order) const {
  return std::find(ports_.begin(), ports_.end(), port_network_order) != ports_.end();
}

bool Listeners::has_path(std::string_view path) const {
  return std::find(paths_.begin(), paths_.end(), path) != paths_.end();
}

std::expected<ClientSocket, Check> ClientSocket::check(ipc::UniqueFd fd, const Listeners& listeners) {
  int domain = 0;
  if (const Check kind = judge_kind(fd.get(), domain); kind != Check::kPassed) return std::unexpected(kind);
  ClientSocket client(std::move(fd), domain == AF_INET ? ipc::Transport::Tcp : ipc::Transport::Unix);
  const Check found = domain == AF_INET ? client.judge_tcp(listeners) : client.judge_unix(listeners);
  if (found != Check::kPassed) return std::unexpected(found);
  return client;
}

// The name is only a string: a socket bound to a relative path that reads the same, or to the path after it was
// unlinked, passes here, and is caught by who its peer is.
Check ClientSocket::judge_unix(const Listeners& listeners) const {
  sockaddr_un address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return Check::kNotOurListener;
  const std::size_t header = offsetof(sockaddr_un, sun_path);
  if (size <= header || size > sizeof address)
    return Check::kNotOurListener;  // unnamed: a socketpair or a client's end
  const std::string_view path(address.sun_path, ::strnlen(address.sun_path, size - header));
  if (!listeners.has_path(path)) return Check::kNotOurListener;
  sockaddr_un peer{};
  size = sizeof peer;
  if (::getpeername(fd(), reinterpret_cast<sockaddr*>(&peer), &size) != 0) return Check::kNotConnected;
  return Check::kPassed;
}

Check ClientSocket::judge_tcp(const Listeners& listeners) {
  if (!address_of(fd(), server_, ::getsockname)) return Check::kNotOurListener;
  if (server_.sin_addr.s_addr != htonl(INADDR_LOOPBACK) || !listeners.has_port(server_.sin_port)) {
    return Check::kNotOurListener;
  }
  if (!address_of(fd(), client_, ::getpeername)) return Check::kNotConnected;
  if (!ipc::is_loopback(client_.sin_addr) || same(client_, server_)) return Check::kPeerNotLocal;
  return stop_timestamping(fd()) ? Check::kPassed : Check::kTimestamping;
}

bool ClientSocket::peer_unchanged() const {
  if (transport_ == ipc::Transport::Unix) return true;
  sockaddr_in client{}, server{};
  return address_of(fd(), client, ::getpeername) && address_of(fd(), server, ::getsockname) && same(client, client_) &&
         same(server, server_);
}

Check ClientSocket::judge_again() const {
  if (transport_ == ipc::Transport::Unix) return Check::kPassed;
  if (!stop_timestamping(fd())) return Check::kTimestamping;
  return peer_unchanged() ? Check::kPassed : Check::kPeerChanged;
}

}  // namespace broker
