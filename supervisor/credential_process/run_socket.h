// The socket of the run: who listens there, one question, one answer. What goes wrong ends the program (failure.h).
//
// Runs in: sentinel-credential-process.   Blocks: until the deadline, which is in milliseconds of now_ms(): kDeadlineMs
// after a try begins.
// Owns: nothing; a descriptor is the caller's to close.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "credential_process/answer_mac.h"
#include "credential_process/failure.h"

namespace supervisor {

inline constexpr long kDeadlineMs = 5000;  // for one answer

inline long now_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

inline void wait_for(int fd, short events, long deadline) {
  pollfd ready{fd, events, 0};
  while (true) {
    const long left = deadline - now_ms();
    if (left <= 0) fail({"no answer within ", Digits(kDeadlineMs / 1000), " seconds"});
    const int got = ::poll(&ready, 1, static_cast<int>(left));
    if (got > 0) return;
    if (got < 0 && errno != EINTR) fail("waiting for an answer failed");
  }
}

[[noreturn]] inline void fail_to_connect(const char* path, int error) {
  const std::string_view why = std::strerror(error);
  switch (error) {
    case EACCES:
      fail({"user ", Digits(::geteuid()), " may not reach sentinel's socket ", path, ": ", why}, kChangeUserFirst);
    case EPERM:  // what sandboxes answer for socket(2) itself
    case EAFNOSUPPORT:
      fail({"something forbids this program to reach sentinel's socket ", path, ": ", why},
           "allow Unix sockets in the sandbox that it runs in, or start sentinel exec without --unix-socket");
    case ENOENT:
    case ENOTDIR:
      fail({"sentinel's socket ", path, " is not there: ", why},
           "its run has ended, or this program sees another folder there than the run does: start it under sentinel "
           "exec");
    case ECONNREFUSED:
      fail({"nothing answers any more at ", path, ": ", why},
           "its run has ended: start this program under sentinel exec");
    default:
      fail({"cannot reach sentinel's socket ", path, ": ", why});
  }
}

inline int connect_to(const char* path, long deadline) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (std::strlen(path) >= sizeof address.sun_path) fail("SENTINEL_UNIX_SOCKET is too long");
  std::memcpy(address.sun_path, path, std::strlen(path) + 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) fail_to_connect(path, errno);
  while (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    if (errno == EINTR) continue;
    if (errno != EAGAIN) fail_to_connect(path, errno);
    if (now_ms() >= deadline) fail("sentinel's queue is full");
    ::poll(nullptr, 0, 5);  // a Unix socket says EAGAIN when the queue is full, and poll cannot wait for that
  }
  return fd;
}

// Who opened the socket, as the kernel noted it then.
inline ucred server_behind(int fd) {
  ucred server{};
  socklen_t size = sizeof server;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &server, &size) != 0)
    fail("the kernel does not say who answers: ", std::strerror(errno));
  return server;
}

// Before the token is sent. From another pid namespace the kernel says 0: what cannot be known is not compared.
inline void check_process(pid_t server, pid_t expected, const char* path) {
  if (server == 0 || server == expected) return;
  fail({"process ", Digits(static_cast<unsigned long>(server)), " listens at ", path, ", and not sentinel"},
       "nothing was sent to it; find out what it is, and start sentinel anew", kExitTampered);
}

// Without a token where it is empty, and for the run's first profile where no other is named.
inline void send_request(int fd, std::string_view profile, std::string_view token, const Nonce& nonce, long deadline) {
  std::size_t size = 0;
  const std::string_view name = token.empty() ? "" : "\r\nAuthorization: ", below = profile.empty() ? "" : "/";
  for (const std::string_view part :
       {std::string_view("GET /creds"), below, profile, std::string_view(" HTTP/1.1\r\nHost: localhost\r\n"),
        ipc::kNonceHeader, std::string_view(": "), nonce.view(), name, token,
        std::string_view("\r\nConnection: close\r\n\r\n")}) {
    size += part.copy(request + size, part.size());
  }
  for (std::size_t sent = 0; sent < size;) {
    const ssize_t got = ::send(fd, request + sent, size - sent, MSG_NOSIGNAL);
    if (got > 0) {
      sent += static_cast<std::size_t>(got);
    } else if (got < 0 && errno == EAGAIN) {
      wait_for(fd, POLLOUT, deadline);
    } else if (got < 0 && errno != EINTR) {
      fail("asking sentinel failed: ", std::strerror(errno));
    }
  }
  explicit_bzero(request, sizeof request);
}

inline std::string_view receive_answer(int fd, long deadline) {
  std::size_t size = 0;
  while (true) {
    if (size == sizeof answer) fail("the answer is too large");
    const ssize_t got = ::recv(fd, answer + size, sizeof answer - size, 0);
    if (got == 0) return {answer, size};
    if (got > 0) {
      size += static_cast<std::size_t>(got);
    } else if (errno == EAGAIN) {
      wait_for(fd, POLLIN, deadline);
    } else if (errno == ECONNRESET && size > 0) {
      return {answer, size};  // closed before our last byte was read; what was answered is here all the same
    } else if (errno != EINTR) {
      fail("reading the answer failed: ", std::strerror(errno));
    }
  }
}

}  // namespace supervisor
