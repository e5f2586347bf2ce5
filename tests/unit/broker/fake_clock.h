// A clock that stands still until the test lets time pass.
#pragma once

#include <chrono>

#include "host/clock.h"

namespace broker::testing {

class FakeClock final : public Clock {
 public:
  [[nodiscard]] Wall wall() const override { return wall_; }
  [[nodiscard]] SinceBoot since_boot() const override { return boot_; }
  void pass(std::chrono::nanoseconds time) {
    boot_ += time;
    wall_ += std::chrono::duration_cast<Wall::duration>(time);
  }
  void set_wall(Wall wall) { wall_ = wall; }

 private:
  Wall wall_{std::chrono::sys_days(std::chrono::year(2026) / 1 / 27) + std::chrono::hours(10)};
  SinceBoot boot_ = std::chrono::hours(1);
};

}  // namespace broker::testing
