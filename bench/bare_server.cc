#include "bare_server.h"

#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <cstdio>

namespace bench {
namespace {

constexpr std::size_t kMaxRequestBytes = 16 * 1024;

std::size_t index_of(int fd) { return static_cast<std::size_t>(fd); }

}  // namespace

BareServer::BareServer(Answerer answerer) : answerer_(answerer), epoll_(epoll_create1(EPOLL_CLOEXEC)) {}

bool BareServer::open(int count, char** addresses) {
  for (int i = 0; i < count; ++i) {
    auto address = parse_address(addresses[i]);
    auto fd = address ? listen_on(*address) : std::unexpected(address.error());
    if (!fd) {
      std::fprintf(stderr, "%s\n", fd.error().what.c_str());
      return false;
    }
    std::puts(spell(*address).c_str());
    watch(fd->get());
    listeners_.push_back(std::move(*fd));
  }
  return std::fflush(stdout) == 0 && !listeners_.empty();
}

void BareServer::serve() {
  std::array<epoll_event, 64> events;
  for (;;) {
    const int ready = epoll_wait(epoll_.get(), events.data(), events.size(), -1);
    for (int i = 0; i < ready; ++i) on_ready(events[index_of(i)].data.fd);
  }
}

void BareServer::watch(int fd) {
  epoll_event event{EPOLLIN, {.fd = fd}};
  epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
  if (index_of(fd) >= requests_.size()) requests_.resize(index_of(fd) + 1);
  requests_[index_of(fd)].clear();
}

void BareServer::on_ready(int fd) {
  for (const auto& listener : listeners_) {
    if (listener.get() == fd) return accept_all(fd);
  }
  if (!advance(fd)) ::close(fd);
}

void BareServer::accept_all(int listener) {
  for (int fd; (fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0;) watch(fd);
}

bool BareServer::advance(int fd) {
  char bytes[4096];
  const ssize_t got = ::recv(fd, bytes, sizeof bytes, 0);
  if (got <= 0) return got < 0 && errno == EAGAIN;
  std::string& request = requests_[index_of(fd)];
  request.append(bytes, static_cast<std::size_t>(got));
  const Reply reply = answerer_(request);
  if (reply.answer.empty()) return request.size() < kMaxRequestBytes;
  const ssize_t sent = ::send(fd, reply.answer.data(), reply.answer.size(), MSG_NOSIGNAL);
  request.clear();
  return sent == static_cast<ssize_t>(reply.answer.size()) && reply.keep_alive;
}

}  // namespace bench
