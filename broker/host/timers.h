// The event loop, and what runs something once, later, from it. One libevent timer each; none is armed while there is
// nothing to wait for.
//
// Blocks: never.   Owns: the libevent timer; destroying the Timer cancels it.
// Fails: new_event_base() with null.
#pragma once

#include <event2/event.h>

#include <chrono>
#include <functional>
#include <memory>

#include "ipc/owned.h"

namespace broker {

using EventPtr = ipc::Owned<event, event_free>;
using EventBasePtr = ipc::Owned<event_base, event_base_free>;

// Without locks, since one thread uses it, and whatever variables such as EVENT_NOEPOLL say. Made before lock-down, so
// that epoll_create1 and the like need no row there.
EventBasePtr new_event_base();

class Timer {
 public:
  virtual ~Timer() = default;
};

class Timers {
 public:
  virtual ~Timers() = default;
  // Null only when memory is exhausted. The action may destroy its own Timer.
  virtual std::unique_ptr<Timer> after(std::chrono::milliseconds delay, std::function<void()> action) = 0;
};

class EventTimers final : public Timers {
 public:
  explicit EventTimers(event_base* base) : base_(base) {}
  std::unique_ptr<Timer> after(std::chrono::milliseconds delay, std::function<void()> action) override;

 private:
  event_base* base_;
};

}  // namespace broker
