#include "connection_table.h"

#include <algorithm>
#include <utility>

#include "ipc/secret.h"

namespace frontend {

void ConnectionList::append(Connection& c) {
  c.before = last_;
  c.after = nullptr;
  (last_ ? last_->after : first_) = &c;
  last_ = &c;
}

void ConnectionList::prepend(Connection& c) {
  c.before = nullptr;
  c.after = first_;
  (first_ ? first_->before : last_) = &c;
  first_ = &c;
}

void ConnectionList::remove(Connection& c) {
  (c.before ? c.before->after : first_) = c.after;
  (c.after ? c.after->before : last_) = c.before;
  c.before = c.after = nullptr;
}

ConnectionTable::ConnectionTable(std::uint32_t capacity)
    : capacity_(std::min(capacity, kMaxConnections)),
      heads_(std::make_unique_for_overwrite<char[]>(std::size_t{capacity_} * kMaxHeadBytes)),
      slots_(std::make_unique<Connection[]>(capacity_)) {
  for (std::uint32_t i = capacity_; i-- > 0;) {
    slots_[i].head = heads_.get() + std::size_t{i} * kMaxHeadBytes;
    free_.prepend(slots_[i]);
  }
}

ConnectionList* ConnectionTable::list_of(State state) {
  switch (state) {
    case State::Free:
      return &free_;
    case State::Silent:
    case State::Reading:
    case State::Draining:
      return &without_request_;
    case State::Queued:
      return &queued_;
    case State::Waiting:
    case State::Abandoned:
      return nullptr;
  }
  return nullptr;
}

Connection* ConnectionTable::take(ipc::UniqueFd& fd, HostRule rule, Clock::time_point now, Clock::duration patience) {
  Connection* const c = free_.oldest();
  if (c == nullptr) return nullptr;
  ++used_;
  c->fd = std::move(fd);
  c->rule = rule;
  c->watched = false;
  c->served = false;
  c->finished = false;
  enter(*c, State::Silent, now, patience);
  restart(*c);
  return c;
}

void ConnectionTable::release(Connection& c) {
  c.fd.reset();
  wipe_head(c);
  enter(c, State::Free, {}, {});
  --used_;
}

void ConnectionTable::enter(Connection& c, State state, Clock::time_point now, Clock::duration patience) {
  ConnectionList* const from = list_of(c.state);
  ConnectionList* const to = list_of(state);
  // Silent to Reading stays where it is: sending a byte now and then does not make a connection younger.
  if (from != to) {
    if (from) from->remove(c);
    // The slot used last is used next: its memory is warm, and slots never needed are never touched.
    if (to) to == &free_ ? to->prepend(c) : to->append(c);
  }
  c.state = state;
  c.since = now;
  c.deadline = now + patience;
}

void ConnectionTable::restart(Connection& c) {
  ++c.generation;
  c.received = 0;
  c.request = Request{};
  c.parser.reset();
}

void ConnectionTable::wipe_head(Connection& c) {
  ipc::wipe(c.head, c.written);
  c.written = c.received = 0;
  c.request.authorization = c.request.profile = {};
}

std::uint32_t ConnectionTable::number_of(const Connection& c) const {
  return c.generation * kMaxConnections + static_cast<std::uint32_t>(&c - slots_.get());
}

Connection* ConnectionTable::find(std::uint32_t number) {
  const std::uint32_t index = number % kMaxConnections;
  if (index >= capacity_) return nullptr;
  Connection& c = slots_[index];
  const bool due = c.state == State::Waiting || c.state == State::Abandoned;
  return due && number_of(c) == number ? &c : nullptr;
}

}  // namespace frontend
