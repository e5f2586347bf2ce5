// How long the supervisor waits for its helpers, whether they serve a run or answer once.
//
// Runs in: supervisor.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

namespace supervisor {

inline constexpr std::chrono::seconds kStartDeadline{30};  // until they are ready
inline constexpr std::chrono::seconds kHelperGrace{2};     // between end of file and SIGKILL

// What poll(2) is told, for that moment to be met; -1 where there is none.
inline int poll_timeout(std::optional<std::chrono::steady_clock::time_point> next) {
  if (!next) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - std::chrono::steady_clock::now());
  return static_cast<int>(std::max<long>(0, left.count()));
}

// Lets a deadline stand still while the user, or a program of the user's, is waited for. Asked at each turn of the
// loop.
class StandingStill {
 public:
  using Clock = std::chrono::steady_clock;
  void look(bool waiting, Clock::time_point& deadline) {
    const auto now = Clock::now();
    if (waiting && !stands_) left_ = deadline - now;
    if (waiting) deadline = now + left_;
    stands_ = waiting;
  }

 private:
  bool stands_ = false;
  Clock::duration left_{};
};

}  // namespace supervisor
