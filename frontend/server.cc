#include "server.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "ending.h"

namespace frontend {
namespace {

constexpr std::uint32_t kMaxDrainBytes = 64 * 1024;  // a refused client that goes on sending is cut off
constexpr int kReceive = MSG_DONTWAIT;
constexpr int kPeek = MSG_DONTWAIT | MSG_PEEK;
constexpr int kSend = MSG_DONTWAIT | MSG_NOSIGNAL;

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

timeval as_timeval(Clock::duration duration) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  return {us / 1'000'000, us % 1'000'000};
}

}  // namespace

Server::Server(event_base* base, ServerOptions options)
    : base_(base), options_(options), table_(options.capacity), broker_(base, *this) {
  tick_.reset(event_new(base_, -1, 0, on_tick, this));
  if (!tick_) end_run(Ending::NotPrepared);
  (void)reply_of(Refusal::Malformed);  // builds all of them
}

// ---- Connections ----

void Server::on_readable(int, short, void* connection) {
  auto& c = *static_cast<Connection*>(connection);
  switch (c.state) {
    case State::Silent:
    case State::Reading:
      return c.server->read_head(c);
    case State::Queued:
    case State::Waiting:
      return c.server->look_for_hang_up(c);
    case State::Draining:
      return c.server->drain(c);
    case State::Free:
    case State::Abandoned:
      return;  // not watched in these states
  }
}

void Server::read_head(Connection& c) {
  const ssize_t got = ::recv(c.fd.get(), c.head + c.received, kMaxHeadBytes - c.received, kReceive);
  if (got < 0 && would_block(errno)) return watch(c);
  if (got <= 0) return drop(c);
  if (c.state == State::Silent) {
    // The first request's time runs from accept; a later one's from its first byte.
    const auto now = Clock::now();
    table_.enter(c, State::Reading, now, c.served ? options_.patience.head : c.deadline - now);
  }
  c.received += static_cast<std::uint32_t>(got);
  c.written = c.received;
  on_head_bytes(c);
}

void Server::on_head_bytes(Connection& c) {
  switch (c.parser.feed(c.bytes())) {
    case HeadParser::Progress::Malformed:
      return refuse(c, Refusal::Malformed);
    case HeadParser::Progress::NeedMore:
      return c.received == kMaxHeadBytes ? refuse(c, Refusal::HeadTooLarge) : watch(c);
    case HeadParser::Progress::Complete:
      return on_complete_head(c);
  }
}

void Server::on_complete_head(Connection& c) {
  const std::expected<Request, Refusal> request = check_request(c.bytes(), c.rule);
  if (!request) return refuse(c, request.error());
  c.request = *request;
  // Behind those that wait already, or they would be overtaken for ever.
  if (table_.oldest_queued() != nullptr) return table_.enter(c, State::Queued, Clock::now(), options_.patience.queued);
  forward(c);
}

void Server::forward(Connection& c) {
  const auto now = Clock::now();
  if (broker_.serve(c, table_.number_of(c)) == BrokerLink::Sent::Yes) {
    ConnectionTable::wipe_head(c);
    table_.enter(c, State::Waiting, now, options_.patience.done);
  } else if (c.state != State::Queued) {
    table_.enter(c, State::Queued, now, options_.patience.queued);
  }
}

void Server::on_broker_has_room() {
  while (Connection* const c = table_.oldest_queued()) {
    forward(*c);
    if (c->state == State::Queued) return;
  }
}

void Server::on_done(ipc::U32 request, bool closed) {
  Connection* const c = table_.find(request);
  if (c == nullptr) end_run(Ending::BadBroker);  // never asked, or answered twice
  if (c->state == State::Abandoned || closed || !c->request.keep_alive || c->finished) {
    drop(*c);
  } else {
    next_request(*c);
  }
  if (table_.oldest_queued() != nullptr) on_broker_has_room();
}

void Server::next_request(Connection& c) {
  c.served = true;
  table_.restart(c);
  table_.enter(c, State::Silent, Clock::now(), options_.patience.idle);
  watch(c);
}

// While the broker has the connection we do not read it, but a client that is gone need not be kept.
void Server::look_for_hang_up(Connection& c) {
  char byte;
  const ssize_t got = ::recv(c.fd.get(), &byte, 1, kPeek);
  if (got < 0 && would_block(errno)) return;
  unwatch(c);  // readable it stays: it would wake us for nothing
  if (got == 0) c.finished = true;
  if (got < 0) c.state == State::Waiting ? abandon(c) : drop(c);
}

void Server::refuse(Connection& c, Refusal refusal) {
  const std::string& reply = reply_of(refusal);
  (void)::send(c.fd.get(), reply.data(), reply.size(), kSend);  // best effort: a client that does not read gets none
  (void)::shutdown(c.fd.get(), SHUT_WR);
  ConnectionTable::wipe_head(c);
  table_.enter(c, State::Draining, Clock::now(), options_.patience.drain);
  drain(c);
}

// Reads away what the client still sends: closing with unread bytes would reset the connection, and the client would
// see that instead of the answer.
void Server::drain(Connection& c) {
  while (c.received < kMaxDrainBytes) {
    const ssize_t got = ::recv(c.fd.get(), c.head, kMaxHeadBytes, kReceive);
    if (got < 0 && would_block(errno)) return watch(c);
    if (got <= 0) break;
    c.received += static_cast<std::uint32_t>(got);
    c.written = std::max(c.written, static_cast<std::uint32_t>(got));
  }
  drop(c);
}

void Server::watch(Connection& c) {
  if (c.watched) return;
  if (event_add(&c.readable, nullptr) != 0) return drop(c);
  c.watched = true;
}

// Takes effect in the kernel at once: before close, since the broker's duplicate would keep the entry alive.
void Server::unwatch(Connection& c) {
  if (c.watched && event_del(&c.readable) != 0) end_run(Ending::KernelRefused);
  c.watched = false;
}

void Server::drop(Connection& c) {
  unwatch(c);
  if (stranger_ == &c) stranger_ = nullptr;
  table_.release(c);
}

// Closes a connection that the broker still has; its number stays taken until the broker is done with it.
void Server::abandon(Connection& c) {
  unwatch(c);
  (void)::shutdown(c.fd.get(), SHUT_RDWR);  // for the client, who would else wait for the broker's duplicate to close
  c.fd.reset();
  table_.enter(c, State::Abandoned, Clock::now(), {});
}

// ---- Time ----

void Server::arm_tick() {
  if (std::exchange(tick_armed_, true)) return;
  const timeval interval = as_timeval(options_.patience.tick);
  if (event_add(tick_.get(), &interval) != 0) end_run(Ending::KernelRefused);
}

void Server::on_tick(int, short, void* self) {
  auto& server = *static_cast<Server*>(self);
  server.tick_armed_ = false;
  server.check_deadlines();
  if (server.listeners_paused_) server.resume_listeners();
  if (server.table_.size() > 0) server.arm_tick();  // else nothing wakes us until a client comes
}

void Server::check_deadlines() {
  if (table_.oldest_queued() != nullptr) on_broker_has_room();
  const auto now = Clock::now();
  table_.for_each([&](Connection& c) {
    if (c.state == State::Abandoned) return;
    if (now >= c.deadline) return on_deadline(c);
    const bool long_wait = c.state == State::Waiting && now - c.since >= options_.patience.unwatched;
    if (long_wait && !c.finished) watch(c);
  });
}

void Server::on_deadline(Connection& c) {
  switch (c.state) {
    case State::Silent:
    case State::Draining:
      return drop(c);
    case State::Reading:
      return refuse(c, Refusal::TooSlow);
    case State::Queued:
      return refuse(c, Refusal::Busy);
    case State::Waiting:
      return abandon(c);
    case State::Free:
    case State::Abandoned:
      return;
  }
}

}  // namespace frontend
