// The check whether an instance metadata service answers: one TCP connection, nothing sent.
#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "doctor/host.h"
#include "doctor/probe.h"
#include "ipc/unique_fd.h"

namespace supervisor {
namespace {

constexpr int kConnectWaitMs = 200;

// 0 where the connection came to be, else errno.
int connect_in_time(const sockaddr_in& address) {
  const ipc::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return errno;
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  pollfd ready{fd.get(), POLLOUT, 0};
  if (::poll(&ready, 1, kConnectWaitMs) != 1) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

std::string text_of(const sockaddr_in& address) {
  char text[INET_ADDRSTRLEN] = "";
  ::inet_ntop(AF_INET, &address.sin_addr, text, sizeof text);
  return text;
}

}  // namespace

Found check_metadata_service(const Host& host) {
  if (host.offline)
    return {Answer::CannotTell, "whether an instance metadata service answers was not asked: --offline"};
  const int error = connect_in_time(host.metadata);
  const std::string address = text_of(host.metadata);
  if (error == 0) return {Answer::No, address + ":" + std::to_string(ntohs(host.metadata.sin_port))};
  return {Answer::Yes, address + ": " + (error == ETIMEDOUT ? "no answer within 200 ms" : error_text(error))};
}

}  // namespace supervisor
