// Runs something once, later, from the event loop. One libevent timer each; none is armed while there is nothing to
// wait for.
//
// Runs in: broker, main thread.   Blocks: never.   Owns: the libevent timer; destroying the Timer cancels it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

struct event_base;

namespace broker {

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
