#include "address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <charconv>
#include <cstring>

namespace bench {
namespace {

constexpr int kBacklog = 1024;

const sockaddr* generic(const Address& address) { return reinterpret_cast<const sockaddr*>(&address.bytes); }

sockaddr_in inet_of(const Address& address) {
  sockaddr_in inet{};
  std::memcpy(&inet, &address.bytes, sizeof inet);
  return inet;
}

Address tcp_address(std::uint16_t port) {
  sockaddr_in inet{};
  inet.sin_family = AF_INET;
  inet.sin_port = htons(port);
  inet.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  Address address;
  std::memcpy(&address.bytes, &inet, sizeof inet);
  address.size = sizeof inet;
  address.host = "127.0.0.1:" + std::to_string(port);
  return address;
}

ipc::Result<Address> unix_address(std::string_view path) {
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof local.sun_path) {
    return ipc::fail(ipc::Fault::kUsage, "a Unix socket path has 1 to 107 bytes");
  }
  std::memcpy(local.sun_path, path.data(), path.size());
  Address address;
  std::memcpy(&address.bytes, &local, sizeof local);
  address.size = sizeof local;
  address.host = "localhost";
  return address;
}

}  // namespace

ipc::Result<Address> parse_address(std::string_view text) {
  if (text.starts_with("unix:")) return unix_address(text.substr(5));
  std::uint16_t port = 0;
  if (text.starts_with("tcp:")) {
    const auto [end, error] = std::from_chars(text.data() + 4, text.data() + text.size(), port);
    if (error == std::errc{} && end == text.data() + text.size()) return tcp_address(port);
  }
  return ipc::fail(ipc::Fault::kUsage, "an address is unix:PATH or tcp:PORT, not " + std::string(text));
}

ipc::Result<ipc::UniqueFd> connect_to(const Address& address, std::chrono::milliseconds patience) {
  ipc::UniqueFd fd(::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return ipc::system_error("socket");
  const timeval limit{patience.count() / 1000, patience.count() % 1000 * 1000};
  setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (::connect(fd.get(), generic(address), address.size) != 0) return ipc::system_error("connect");
  return fd;
}

ipc::Result<ipc::UniqueFd> listen_on(Address& address) {
  const bool inet = address.bytes.ss_family == AF_INET;
  ipc::UniqueFd fd(::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return ipc::system_error("socket");
  const int on = 1;
  if (inet) setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd.get(), generic(address), address.size) != 0) return ipc::system_error("bind " + spell(address));
  if (::listen(fd.get(), kBacklog) != 0) return ipc::system_error("listen on " + spell(address));
  if (inet) {
    sockaddr_in bound{};
    socklen_t size = sizeof bound;
    if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&bound), &size) != 0)
      return ipc::system_error("getsockname");
    address = tcp_address(ntohs(bound.sin_port));
  }
  return fd;
}

std::string spell(const Address& address) {
  if (address.bytes.ss_family == AF_INET) return "tcp:" + std::to_string(ntohs(inet_of(address).sin_port));
  return std::string("unix:") + reinterpret_cast<const sockaddr_un*>(&address.bytes)->sun_path;
}

}  // namespace bench
