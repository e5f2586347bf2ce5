// Says which of our processes another program stopped (SIGSTOP), and when one is to be ended: nothing is handed out, or
// nothing is watched, until they go on. That is said after kSayAfter, and one that still stands after kPatience is
// ended: the run would hang without a word.
//
// A suspended computer, a frozen container and Ctrl-Z stop none of them: the first two stop everything, and they have
// sessions of their own. What stops and continues a process again and again, as cpulimit(1) does, is not said. Where
// this very process was stopped, too, the time begins anew.
// Runs in: supervisor (keeper, face).   Blocks: never.   Owns: nothing.   Fails: never.
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
  static constexpr std::chrono::seconds kSayAfter{1}, kPatience{10}, kOversleep{2};

  // `lost`: what cannot be had meanwhile, as a sentence.
  void stopped(pid_t helper, const std::string& name, const std::string& lost, Clock::time_point now);
  // What the user shall read; empty where nothing was said.
  std::string continued(pid_t helper);
  void ended(pid_t helper) { standing_.erase(helper); }

  // When due() is to be asked, after the news of all of them; until it says nothing more.
  [[nodiscard]] std::optional<Clock::time_point> next() const;
  struct Due {
    std::string words;  // to be said
    pid_t overdue = 0;  // to be ended
    [[nodiscard]] explicit operator bool() const { return !words.empty() || overdue != 0; }
  };
  Due due(Clock::time_point now);

 private:
  struct Standing {
    std::string name, lost;
    Clock::time_point since;
    bool said = false;
    [[nodiscard]] Clock::time_point next() const { return since + (said ? kPatience : kSayAfter); }
  };
  std::map<pid_t, Standing> standing_;
};

}  // namespace supervisor
