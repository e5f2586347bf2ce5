// Helpers that another program stopped (SIGSTOP): nothing is handed out until they go on. That is said at once, and
// after kPatience a helper that still stands is ended, since the run would hang without a word.
//
// A suspended computer, a frozen container and Ctrl-Z stop no helper: the first two stop everything, clocks included or
// not, and helpers have sessions of their own. Where this very process was stopped, too, the time begins anew.
// Runs in: supervisor (keeper).   Blocks: never.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>

namespace supervisor {

class StoppedHelpers {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kPatience{10}, kOversleep{2};

  // Each returns what the user shall read; empty for nothing.
  // `lost`: what cannot be had meanwhile.
  std::string stopped(pid_t helper, const std::string& name, const std::string& lost, Clock::time_point now);
  std::string continued(pid_t helper);
  void ended(pid_t helper) { standing_.erase(helper); }

  // When overdue() is to be asked.
  [[nodiscard]] std::optional<Clock::time_point> next() const;
  // A helper whose time is over, once; 0: none. To be asked after the news of all helpers.
  pid_t overdue(Clock::time_point now);

 private:
  struct Standing {
    std::string name;
    Clock::time_point until;
  };
  std::map<pid_t, Standing> standing_;
};

}  // namespace supervisor
