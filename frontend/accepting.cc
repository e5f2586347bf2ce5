// The part of Server that deals with listeners: who is let in, and who makes room.
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "ending.h"
#include "server.h"

namespace frontend {
namespace {

constexpr int kAcceptBurst = 64;  // then the connections get their turn

}  // namespace

void Server::attach_broker(ipc::UniqueFd fd, pid_t broker) {
  broker_.attach(std::move(fd), broker);
  resume_listeners();
}

bool Server::add_listener(ipc::UniqueFd fd, HostRule rule) {
  if (listener_count_ == kMaxListeners) return false;
  Listener& listener = listeners_[listener_count_++];
  listener.server = this;
  listener.fd = std::move(fd);
  listener.rule = rule;
  listener.acceptable.reset(event_new(base_, listener.fd.get(), EV_READ | EV_PERSIST, on_acceptable, &listener));
  if (!listener.acceptable) end_run(Ending::KernelRefused);
  if (broker_.attached()) resume_listeners();
  return true;
}

void Server::resume_listeners() {
  listeners_paused_ = false;
  for (std::size_t i = 0; i < listener_count_; ++i) {
    if (event_add(listeners_[i].acceptable.get(), nullptr) != 0) end_run(Ending::KernelRefused);
  }
}

void Server::on_acceptable(int, short, void* listener) {
  auto& from = *static_cast<Listener*>(listener);
  for (int i = 0; i < kAcceptBurst; ++i) {
    const Accepted accepted = from.server->accept_one(from);
    if (accepted == Accepted::Yes) continue;
    if (accepted == Accepted::NoMore) return;
    // No descriptor to be had, here or in the whole system. The listener would stay readable and spin: it rests until
    // the next tick.
    event_del(from.acceptable.get());
    from.server->listeners_paused_ = true;
    from.server->arm_tick();
    return;
  }
}

Server::Accepted Server::accept_one(Listener& listener) {
  ipc::UniqueFd fd(::accept4(listener.fd.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd) return on_accept_error(errno);
  if (is_stranger(fd.get(), listener.rule)) {
    turn_away(std::move(fd), listener.rule);
  } else {
    (void)admit(std::move(fd), listener.rule);
  }
  return Accepted::Yes;
}

Server::Accepted Server::on_accept_error(int error) {
  switch (error) {
    case EAGAIN:
      return Accepted::NoMore;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return make_room() ? Accepted::Yes : Accepted::NoRoom;
    case EBADF:
    case EINVAL:
    case ENOTSOCK:
    case EOPNOTSUPP:
    case EFAULT:
      end_run(Ending::BadSupervisor);  // not a listening socket
    default:
      return Accepted::Yes;  // the error of a connection that died in the queue (accept(2)); the next may be well
  }
}

// Another user's process. Only to spare the broker the work, which asks the kernel itself and believes nothing from
// here.
bool Server::is_stranger(int fd, const HostRule& rule) const {
  if (rule.transport != ipc::Transport::Unix || !options_.only_uid) return false;
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return true;
  return peer.uid != *options_.only_uid;
}

// One at a time is passed on like any other client, so that the broker refuses it, logs it, and the run's terminal says
// it: strangers take no more than one slot. The others are told at once.
void Server::turn_away(ipc::UniqueFd fd, const HostRule& rule) {
  if (stranger_ == nullptr) {
    stranger_ = admit(std::move(fd), rule);
    return;
  }
  const std::string& reply = reply_of(Refusal::OtherUser);
  (void)::send(fd.get(), reply.data(), reply.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

// Null where there is no room, and where the connection ended at once.
Connection* Server::admit(ipc::UniqueFd fd, const HostRule& rule) {
  const auto now = Clock::now();
  const int socket = fd.get();
  Connection* c = table_.take(fd, rule, now, options_.patience.head);
  if (c == nullptr && make_room()) c = table_.take(fd, rule, now, options_.patience.head);
  if (c == nullptr) {
    const std::string& reply = reply_of(Refusal::Busy);
    (void)::send(socket, reply.data(), reply.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    return nullptr;
  }
  c->server = this;
  event_assign(&c->readable, base_, socket, EV_READ | EV_PERSIST, on_readable, c);
  arm_tick();
  read_head(*c);  // most clients have written by now: no epoll_ctl for them
  return c->state == State::Free ? nullptr : c;
}

// Drops the oldest connection that has not completed a request: silent and slow clients never keep others out.
bool Server::make_room() {
  Connection* const oldest = table_.oldest_without_request();
  if (oldest == nullptr) return false;
  drop(*oldest);
  return true;
}

}  // namespace frontend
