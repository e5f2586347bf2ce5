#include "host/timers.h"

#include <algorithm>
#include <utility>

namespace broker {
namespace {

class EventTimer final : public Timer {
 public:
  EventTimer(event_base* base, std::chrono::milliseconds delay, std::function<void()> action)
      : action_(std::move(action)), event_(evtimer_new(base, &EventTimer::fire, this)) {
    const auto ms = std::max<std::chrono::milliseconds::rep>(delay.count(), 0);
    const timeval wait{ms / 1000, (ms % 1000) * 1000};
    if (event_) evtimer_add(event_.get(), &wait);
  }
  [[nodiscard]] bool armed() const { return event_ != nullptr; }

 private:
  static void fire(evutil_socket_t, short, void* self) noexcept {
    const std::function<void()> action = std::move(static_cast<EventTimer*>(self)->action_);
    action();  // last: it may have destroyed the timer
  }
  std::function<void()> action_;
  EventPtr event_;
};

}  // namespace

EventBasePtr new_event_base() {
  event_config* const config = event_config_new();
  if (!config) return nullptr;
  event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV);
  EventBasePtr base(event_base_new_with_config(config));
  event_config_free(config);
  return base;
}

std::unique_ptr<Timer> EventTimers::after(std::chrono::milliseconds delay, std::function<void()> action) {
  auto timer = std::make_unique<EventTimer>(base_, delay, std::move(action));
  if (!timer->armed()) return nullptr;
  return timer;
}

}  // namespace broker
