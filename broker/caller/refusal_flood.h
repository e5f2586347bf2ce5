// Keeps strangers from filling the disk: what comes too often is counted instead of written, and a later line says how
// many. A full disk would refuse everybody.
//
// Of the run's own user: kPerSecond of one kind in a second. Of every other user, and of callers whom the kernel names
// no more: kAtFirst, then a line a second, after kSecondly a line a minute. Who falls silent for kForgotten begins
// anew. Blocks: never. Pure but for what it counts.   Units: time since boot. Only for callers that failed a check;
// what the command's own tree is refused is always written. The own user's kinds are counted apart, so that a flood of
// others takes nothing from them.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "caller/checks.h"
#include "host/clock.h"

namespace broker {

class RefusalFlood {
 public:
  static constexpr int kPerSecond = 50, kAtFirst = 10;
  static constexpr std::chrono::seconds kSecondly{60}, kMinutely{60}, kForgotten{600};
  static constexpr std::size_t kMaxKinds = 64;
  static constexpr long kUnknownUid = -1, kSeveralUids = -2;

  explicit RefusalFlood(long own_uid) : own_uid_(own_uid) {}

  // How many lines of this kind were counted only since the last one that was written; nothing: count this one too.
  std::optional<long> admit(Check check, long uid, Clock::SinceBoot now);

  struct Counted {
    Check check;
    long uid;
    long count;
  };
  // What was counted and no line has told yet. From now on it counts as told.
  std::vector<Counted> take_counted(Clock::SinceBoot now);

 private:
  struct Kind {
    Clock::SinceBoot begun{}, last{};  // of this series; of the last line, or of the own user's second
    Clock::SinceBoot seen{};
    int written = 0;
    long folded = 0;
  };
  using Kinds = std::map<std::pair<Check, long>, Kind>;
  [[nodiscard]] static bool may_write_own(Kind& kind, Clock::SinceBoot now);
  [[nodiscard]] static bool may_write_other(Kind& kind, Clock::SinceBoot now);

  long own_uid_;
  Kinds own_, others_;
};

// "of uid 1003": whose refusals were counted.
std::string whose_refusals(long uid);

}  // namespace broker
