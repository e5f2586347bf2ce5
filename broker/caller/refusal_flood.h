// Keeps strangers from filling the disk: beyond kPerSecond refusals of one kind in a second, lines are counted instead
// of written, and the next line of that kind says how many. A full disk would refuse everybody.
//
// Blocks: never. Pure but for what it counts.   Units: time since boot.
// Only for callers that failed a check; what the command's own tree is refused is always written.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "caller/checks.h"
#include "host/clock.h"

namespace broker {

class RefusalFlood {
 public:
  static constexpr int kPerSecond = 50;
  static constexpr std::size_t kMaxKinds = 64;

  // How many lines of this kind were counted only since the last one that was written; nothing: count this one too.
  std::optional<long> admit(Check check, long uid, Clock::SinceBoot now);

 private:
  struct Kind {
    Clock::SinceBoot second{};
    int written = 0;
    long folded = 0;
  };
  std::map<std::pair<Check, long>, Kind> kinds_;
};

}  // namespace broker
