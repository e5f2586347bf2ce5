#include "child/stopped_helpers.h"

#include <algorithm>

namespace supervisor {

std::string StoppedHelpers::stopped(pid_t helper, const std::string& name, const std::string& lost,
                                    Clock::time_point now) {
  if (!standing_.emplace(helper, Standing{name, now + kPatience}).second) return {};
  const std::string pid = std::to_string(helper);
  return "the " + name + " was stopped by another program: " + lost + "; continue it with kill -CONT " + pid +
         ", or it is ended in " + std::to_string(kPatience.count()) + " seconds";
}

std::string StoppedHelpers::continued(pid_t helper) {
  const auto found = standing_.find(helper);
  if (found == standing_.end()) return {};
  std::string words = "the " + found->second.name + " goes on";
  standing_.erase(found);
  return words;
}

std::optional<StoppedHelpers::Clock::time_point> StoppedHelpers::next() const {
  std::optional<Clock::time_point> first;
  for (const auto& [pid, standing] : standing_) first = std::min(first.value_or(standing.until), standing.until);
  return first;
}

pid_t StoppedHelpers::overdue(Clock::time_point now) {
  for (auto& [pid, standing] : standing_) {
    if (now < standing.until) continue;
    if (now > standing.until + kOversleep) {  // we were stopped ourselves, and its news may be on the way
      standing.until = now + kPatience;
      continue;
    }
    const pid_t helper = pid;
    standing_.erase(helper);
    return helper;
  }
  return 0;
}

}  // namespace supervisor
