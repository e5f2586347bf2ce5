// The two clocks, asked for by name and handed to what decides about time, so that each decision can be tested. Not for
// a wait of bounded length, which asks std::chrono::steady_clock where it waits, nor for a tool's own "now".
//
// Blocks: never.   Units: wall time is UTC; since_boot counts suspended time too.
#pragma once

#include <chrono>

namespace broker {

class Clock {
 public:
  using Wall = std::chrono::system_clock::time_point;
  using SinceBoot = std::chrono::nanoseconds;  // never goes back and is not comparable with Wall
  virtual ~Clock() = default;
  [[nodiscard]] virtual Wall wall() const = 0;
  [[nodiscard]] virtual SinceBoot since_boot() const = 0;
};

// The kernel's CLOCK_REALTIME and CLOCK_BOOTTIME.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] Wall wall() const override;
  [[nodiscard]] SinceBoot since_boot() const override;
};

}  // namespace broker
