#include "ipc/process/one_way_socket.h"

#include <sys/socket.h>

namespace ipc {
namespace {

int socket_option(int fd, int option) {
  int value = -1;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

}  // namespace

Result<OneWaySocket> OneWaySocket::open() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return system_error("cannot make a socket for a program", "close some files, or raise ulimit -n");
  OneWaySocket made{UniqueFd(ends[0]), UniqueFd(ends[1])};
  // The other end can then write no more: what is read from the writing end is the end of file, not a wait.
  if (::shutdown(made.writing.get(), SHUT_RD) != 0) return system_error("cannot set up a socket for a program");
  return made;
}

bool is_one_way_socket(int fd) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  return socket_option(fd, SO_DOMAIN) == AF_UNIX && socket_option(fd, SO_TYPE) == SOCK_STREAM &&
         ::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0;
}

}  // namespace ipc
