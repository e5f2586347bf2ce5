// How long the supervisor waits for its helpers, whether they serve a run or answer once.
//
// Runs in: supervisor.
#pragma once

#include <chrono>

namespace supervisor {

inline constexpr std::chrono::seconds kStartDeadline{30};  // until they are ready; the refusal names the number
inline constexpr std::chrono::seconds kHelperGrace{2};     // between end of file and SIGKILL

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
