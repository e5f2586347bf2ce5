// How often a helper may be started again: so many times within a window, then never. Pure: the caller brings the time.
//
// Runs in: supervisor (keeper).   Blocks: never.
#pragma once

#include <chrono>
#include <deque>

namespace supervisor {

class RestartLimit {
 public:
  using Time = std::chrono::steady_clock::time_point;
  RestartLimit(std::size_t most, std::chrono::seconds window) : most_(most), window_(window) {}

  // Takes one restart at `now`; false when none is left.
  [[nodiscard]] bool take(Time now) {
    while (!taken_.empty() && now - taken_.front() > window_) taken_.pop_front();
    if (taken_.size() >= most_) return false;
    taken_.push_back(now);
    return true;
  }

 private:
  std::size_t most_;
  std::chrono::seconds window_;
  std::deque<Time> taken_;
};

}  // namespace supervisor
