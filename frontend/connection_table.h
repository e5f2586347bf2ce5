// The clients' connections: a fixed number of slots, each in one state with one deadline.
//
// Knows no sockets calls, no event loop and no clock of its own; the server moves connections from state to state.
// Runs in: frontend.   Blocks: never.   Allocates: only in its constructor.
// Owns: the descriptors (a slot's is closed when the slot is freed) and the buffers of request heads, which are wiped once
// the broker has the request, and when the slot is freed.
#pragma once

#include <event2/event_struct.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

#include "head_parser.h"
#include "ipc/unique_fd.h"
#include "request_check.h"

namespace frontend {

using Clock = std::chrono::steady_clock;

enum class State : std::uint8_t {
  Free,
  Silent,     // no byte of a request yet
  Reading,    // part of a head is there
  Queued,     // a good request; the broker's queue was full
  Waiting,    // the broker has it; its Done is due
  Draining,   // refused; the client is given a moment to read the answer
  Abandoned,  // closed on our side; kept only until the broker's Done, so that its number is not used twice
};

inline constexpr std::uint32_t kMaxConnections = 512;  // a power of two, so that request numbers may wrap around

class Server;

struct Connection {
  ipc::UniqueFd fd;
  State state = State::Free;
  bool watched = false;   // the event below is in the event loop
  bool served = false;    // at least one request was answered
  bool finished = false;  // the client has closed its sending side: no next request
  Request request;        // of the head in the buffer, from Queued to Done
  HostRule rule;          // of the listener it came from
  std::uint32_t generation = 0;
  std::uint32_t received = 0;  // bytes in the buffer; when Draining, bytes thrown away
  std::uint32_t written = 0;   // of the buffer, how much a client has written to since it was last wiped
  Clock::time_point deadline;
  Clock::time_point since;  // when the state began
  HeadParser parser;
  char* head = nullptr;  // kMaxHeadBytes
  event readable;        // its callback argument is the connection
  Server* server = nullptr;
  Connection *before = nullptr, *after = nullptr;  // neighbours in a ConnectionList

  [[nodiscard]] std::string_view bytes() const { return {head, received}; }
};

// A first-in-first-out list through the connections themselves; a connection is in at most one.
class ConnectionList {
 public:
  ConnectionList() = default;
  ConnectionList(const ConnectionList&) = delete;
  ConnectionList& operator=(const ConnectionList&) = delete;
  [[nodiscard]] Connection* oldest() const { return first_; }
  void append(Connection& c);
  void prepend(Connection& c);
  void remove(Connection& c);

 private:
  Connection *first_ = nullptr, *last_ = nullptr;
};

class ConnectionTable {
 public:
  explicit ConnectionTable(std::uint32_t capacity = kMaxConnections);

  // A free slot with this descriptor, as Silent; nullptr, and the descriptor left alone, when all are taken.
  Connection* take(ipc::UniqueFd& fd, HostRule rule, Clock::time_point now, Clock::duration patience);
  // Closes and frees. The caller has taken it out of the event loop.
  void release(Connection& c);
  // Moves to another state, and to the list that goes with it.
  void enter(Connection& c, State state, Clock::time_point now, Clock::duration patience);
  // Starts a new request on the same connection.
  void restart(Connection& c);
  // Wipes what the client sent, its bearer token with it; the request's views are empty afterwards.
  static void wipe_head(Connection& c);

  // The number that stands for this request between us and the broker, and the connection behind a number, if it is
  // the one that waits for it now.
  [[nodiscard]] std::uint32_t number_of(const Connection& c) const;
  [[nodiscard]] Connection* find(std::uint32_t number);

  // The oldest connection that has not yet asked for anything, or has been refused: dropped first when room is needed.
  [[nodiscard]] Connection* oldest_without_request() const { return without_request_.oldest(); }
  [[nodiscard]] Connection* oldest_queued() const { return queued_.oldest(); }
  [[nodiscard]] std::uint32_t size() const { return used_; }

  // Calls visit(connection) for each that is not free; visit may release it.
  template <class Visit>
  void for_each(Visit&& visit) {
    for (std::uint32_t i = 0; i < capacity_; ++i) {
      if (slots_[i].state != State::Free) visit(slots_[i]);
    }
  }

 private:
  ConnectionList* list_of(State state);
  const std::uint32_t capacity_;
  std::uint32_t used_ = 0;
  std::unique_ptr<char[]> heads_;  // pages are touched, and so take memory, only as far as slots are used
  std::unique_ptr<Connection[]> slots_;
  ConnectionList free_, without_request_, queued_;
};

}  // namespace frontend
