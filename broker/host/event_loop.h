// The event loop of a process, and events that leave it when their owner goes.
//
// Blocks: never.   Fails: new_event_base() with null.
#pragma once

#include <event2/event.h>

#include <memory>

namespace broker {

struct EventDeleter {
  void operator()(event* e) const noexcept { event_free(e); }
};
using EventPtr = std::unique_ptr<event, EventDeleter>;

struct EventBaseDeleter {
  void operator()(event_base* base) const noexcept { event_base_free(base); }
};
using EventBasePtr = std::unique_ptr<event_base, EventBaseDeleter>;

// Without locks, since one thread uses it, and whatever variables such as EVENT_NOEPOLL say. Made before lock-down, so that
// epoll_create1 and the like need no row there.
EventBasePtr new_event_base();

}  // namespace broker
