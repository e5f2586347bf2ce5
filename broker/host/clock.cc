#include "host/clock.h"

#include <ctime>

namespace broker {

Clock::Wall SystemClock::wall() const { return std::chrono::system_clock::now(); }

Clock::SinceBoot SystemClock::since_boot() const {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);  // CLOCK_MONOTONIC stands still while the machine sleeps; AWS's clock does not
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace broker
