#include "run_files/listeners.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "ipc/files/trusted_path.h"

namespace supervisor {
namespace {

using ipc::Fault;

constexpr int kBacklog = 512;

#ifndef SO_PASSRIGHTS
constexpr int SO_PASSRIGHTS = 83;  // Linux 6.16; Debian 12's headers are older
#endif

// Those above it: whether the name is free, bind() says.
ipc::Status check_folders(const std::string& path) {
  auto there = ipc::open_trusted(path, ipc::trust_user(::geteuid()), O_PATH);
  if (there || there.error().sys_errno == ENOENT) return {};
  ipc::Error error = std::move(there.error());
  error.what = "--unix-socket-path: " + error.what;
  return std::unexpected(ipc::with_next_step(std::move(error), "choose a folder of your own"));
}

ipc::Status bind_privately(int fd, const sockaddr_un& address, const std::string& path) {
  const mode_t before = ::umask(0177);  // no moment in which others could connect
  const int bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int error = errno;
  ::umask(before);
  errno = error;
  if (bound == 0) return {};
  if (error == EADDRINUSE) {
    return ipc::fail(Fault::kConfig, "socket path " + path + " is taken",
                     "remove it if nothing uses it, or choose another --unix-socket-path");
  }
  return ipc::system_error("cannot make the socket " + path, "choose another --unix-socket-path");
}

// That a client of this path comes to this listener: between bind and the claim another may have been put there.
ipc::Status check_it_leads_here(const OpenListener& listener, int claimed) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = "/proc/self/fd/" + std::to_string(claimed);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const ipc::UniqueFd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (client && ::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    while (const ipc::UniqueFd arrived{::accept4(listener.fd.get(), nullptr, nullptr, SOCK_CLOEXEC)}) {
      ucred peer{};
      socklen_t size = sizeof peer;
      if (::getsockopt(arrived.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid == ::getpid()) return {};
    }
  }
  return ipc::fail(Fault::kRefused, "another program put something else in the place of the socket " + listener.path,
                   "look at what else runs as you");
}

}  // namespace

ipc::Result<OpenListener> listen_tcp(std::uint16_t port) {
  OpenListener listener;
  listener.fd = ipc::UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener.fd) return ipc::system_error("TCP socket");
  const int on = 1;  // inherited by each connection; the frontend then needs no setsockopt
  if (::setsockopt(listener.fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
    return ipc::system_error("TCP_NODELAY");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(listener.fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == EADDRINUSE) {
      return ipc::fail(Fault::kConfig, "port " + std::to_string(port) + " of 127.0.0.1 is in use",
                       "choose another --server-port, or leave it out");
    }
    return ipc::system_error("cannot listen on 127.0.0.1:" + std::to_string(port), "choose another --server-port");
  }
  socklen_t size = sizeof address;
  if (::listen(listener.fd.get(), kBacklog) != 0 ||
      ::getsockname(listener.fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return ipc::system_error("cannot listen on 127.0.0.1");
  }
  listener.port = ntohs(address.sin_port);
  return listener;
}

ipc::Result<OpenListener> listen_unix(const std::string& path, OwnedPaths& owned) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return ipc::fail(
        Fault::kConfig,
        "socket path " + path + " is longer than " + std::to_string(sizeof address.sun_path - 1) + " bytes",
        "choose a shorter --unix-socket-path");
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  if (ipc::Status folders = check_folders(path); !folders) return std::unexpected(folders.error());
  OpenListener listener;
  listener.transport = ipc::Transport::Unix;
  listener.path = path;
  listener.fd = ipc::UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener.fd) return ipc::system_error("Unix socket");
  const int off =
      0;  // a client's sendmsg with descriptors then fails; older kernels: the frontend receives without room for any
  (void)::setsockopt(listener.fd.get(), SOL_SOCKET, SO_PASSRIGHTS, &off, sizeof off);
  if (ipc::Status bound = bind_privately(listener.fd.get(), address, path); !bound)
    return std::unexpected(bound.error());
  if (ipc::Status claimed = owned.claim(path); !claimed) return std::unexpected(claimed.error());
  if (::listen(listener.fd.get(), kBacklog) != 0) return ipc::system_error("cannot listen on " + path);
  listener.server = ::getpid();
  if (ipc::Status here = check_it_leads_here(listener, owned.claims().back().held.get()); !here)
    return std::unexpected(here.error());
  return listener;
}

void drop_waiting_clients(const OpenListener& listener) {
  while (ipc::UniqueFd(::accept4(listener.fd.get(), nullptr, nullptr, SOCK_CLOEXEC))) {
  }
}

}  // namespace supervisor
