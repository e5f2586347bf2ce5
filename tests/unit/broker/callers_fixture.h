// Real listeners, real processes and a real witness for the tests of the caller checks.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>

#include "caller/caller_check.h"

namespace broker::testing {

using ipc::UniqueFd;

// A process that runs `body` and is gone when the test ends.
class Child {
 public:
  Child() = default;
  explicit Child(const std::function<void()>& body) {
    pid_ = ::fork();
    if (pid_ == 0) {
      body();
      ::_exit(0);
    }
  }
  Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, 0)) {}
  Child& operator=(Child&& other) noexcept {
    std::swap(pid_, other.pid_);
    return *this;
  }
  ~Child() { end(); }
  void end() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    reap();
  }
  int reap() {
    int status = 0;
    ::waitpid(std::exchange(pid_, 0), &status, 0);
    return status;
  }
  // Ended, not reaped.
  void wait_for_zombie() const {
    siginfo_t info;
    ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
  }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = 0;
};

struct Pipe {
  Pipe() {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    out = UniqueFd(ends[0]);
    in = UniqueFd(ends[1]);
  }
  template <class T>
  void put(const T& value) const {
    EXPECT_EQ(::write(in.get(), &value, sizeof value), static_cast<ssize_t>(sizeof value));
  }
  template <class T>
  T get() const {
    T value{};
    EXPECT_EQ(::read(out.get(), &value, sizeof value), static_cast<ssize_t>(sizeof value));
    return value;
  }
  UniqueFd out, in;
};

// One listener of each kind, announced as the supervisor does.
class Listening {
 public:
  Listening() {
    char name[] = "/tmp/sentinel_callers_XXXXXX";
    folder_ = ::mkdtemp(name);
    path_ = folder_ + "/s";
    unix_ = UniqueFd(bound_unix(path_));
    ::chmod(folder_.c_str(), 0755);
    ::chmod(path_.c_str(), 0666);
    tcp_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = loopback(0);
    EXPECT_EQ(::bind(tcp_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(tcp_.get(), 16), 0);
    socklen_t size = sizeof address;
    ::getsockname(tcp_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    EXPECT_TRUE(listeners_.add(opened(ipc::Transport::Unix, 0, path_)));
    EXPECT_TRUE(listeners_.add(opened(ipc::Transport::Tcp, port_, "")));
  }
  ~Listening() { std::filesystem::remove_all(folder_); }

  static ipc::ListenerOpened opened(ipc::Transport transport, int port, std::string_view path) {
    ipc::ListenerOpened message;
    message.transport = transport;
    message.port = static_cast<ipc::U16>(port);
    EXPECT_TRUE(message.path.assign(path));
    return message;
  }
  static sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  static sockaddr_un at_path(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    return address;
  }
  static int bound_unix(const std::string& path) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_un address = at_path(path);
    EXPECT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(fd, 16), 0);
    return fd;
  }

  // A connection as a client makes it; usable in a child.
  [[nodiscard]] UniqueFd connect(ipc::Transport transport) const {
    if (transport == ipc::Transport::Tcp) {
      UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      const sockaddr_in address = loopback(port_);
      if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fd.reset();
      return fd;
    }
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_un address = at_path(path_);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fd.reset();
    return fd;
  }
  // The same over TCP, by a socket of IPv6 that speaks IPv4: what a JVM and .NET open.
  [[nodiscard]] UniqueFd connect_dual_stack() const {
    UniqueFd fd(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in6 mapped{};
    mapped.sin6_family = AF_INET6;
    mapped.sin6_port = htons(static_cast<std::uint16_t>(port_));
    ::inet_pton(AF_INET6, "::ffff:127.0.0.1", &mapped.sin6_addr);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&mapped), sizeof mapped) != 0) fd.reset();
    return fd;
  }
  [[nodiscard]] UniqueFd accept(ipc::Transport transport) const {
    return UniqueFd(::accept4(listener(transport), nullptr, nullptr, SOCK_CLOEXEC));
  }
  [[nodiscard]] int listener(ipc::Transport transport) const {
    return transport == ipc::Transport::Tcp ? tcp_.get() : unix_.get();
  }
  [[nodiscard]] const Listeners& announced() const { return listeners_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] int port() const { return port_; }

 private:
  std::string folder_, path_;
  UniqueFd unix_, tcp_;
  int port_ = 0;
  Listeners listeners_;
};

}  // namespace broker::testing
