// What is the floor? One process, bare epoll, that answers the same bytes over Unix and TCP and checks nothing.
//
// bench_baseline_epoll ADDRESS...   prints each address as it listens (tcp:0 becomes the chosen port), then serves
// until it is ended. Not a server for anything else: it reads until an empty line and answers.
#include <sys/epoll.h>

#include <array>
#include <cstdio>
#include <string_view>
#include <vector>

#include "address.h"
#include "answer.h"

namespace bench {
namespace {

class Server {
 public:
  bool open(int count, char** addresses) {
    for (int i = 0; i < count; ++i) {
      auto address = parse_address(addresses[i]);
      if (!address) return say(address.error());
      auto fd = listen_on(*address);
      if (!fd) return say(fd.error());
      std::puts(spell(*address).c_str());
      watch(fd->get());
      listeners_.push_back(std::move(*fd));
    }
    return std::fflush(stdout) == 0 && !listeners_.empty();
  }

  [[noreturn]] void serve() {
    std::array<epoll_event, 64> events;
    for (;;) {
      const int ready = epoll_wait(epoll_.get(), events.data(), events.size(), -1);
      for (int i = 0; i < ready; ++i) on_ready(events[static_cast<std::size_t>(i)].data.fd);
    }
  }

 private:
  static bool say(const ipc::Error& error) { return std::fprintf(stderr, "%s\n", error.what.c_str()) < 0; }

  void watch(int fd) {
    epoll_event event{EPOLLIN, {.fd = fd}};
    epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
    if (const auto slot = static_cast<std::size_t>(fd); slot >= requests_.size()) requests_.resize(slot + 1);
    requests_[static_cast<std::size_t>(fd)].clear();
  }

  void on_ready(int fd) {
    for (const auto& listener : listeners_) {
      if (listener.get() == fd) return accept_all(fd);
    }
    if (!answer(fd)) ::close(fd);
  }

  void accept_all(int listener) {
    for (int fd; (fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0;) watch(fd);
  }

  // False when the connection is to be closed.
  bool answer(int fd) {
    char bytes[4096];
    const ssize_t got = ::recv(fd, bytes, sizeof bytes, 0);
    if (got <= 0) return got < 0 && errno == EAGAIN;
    std::string& request = requests_[static_cast<std::size_t>(fd)];
    request.append(bytes, static_cast<std::size_t>(got));
    if (!request.ends_with("\r\n\r\n")) return request.size() < sizeof bytes;
    const bool keep_alive = request.find("Connection: close") == request.npos;
    request.clear();
    const std::string& text = whole_answer(keep_alive);
    return ::send(fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()) && keep_alive;
  }

  ipc::UniqueFd epoll_{epoll_create1(EPOLL_CLOEXEC)};
  std::vector<ipc::UniqueFd> listeners_;
  std::vector<std::string> requests_;  // by descriptor: what came of the request so far
};

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  bench::Server server;
  if (!server.open(argc - 1, argv + 1)) return 1;
  server.serve();
}
