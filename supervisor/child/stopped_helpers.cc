#include "child/stopped_helpers.h"

#include <algorithm>

namespace supervisor {

void StoppedHelpers::stopped(pid_t helper, const std::string& name, const std::string& lost, Clock::time_point now) {
  standing_.emplace(helper, Standing{name, lost, now});
}

std::string StoppedHelpers::continued(pid_t helper) {
  const auto found = standing_.find(helper);
  if (found == standing_.end()) return {};
  std::string words = found->second.said ? "the " + found->second.name + " goes on" : "";
  standing_.erase(found);
  return words;
}

std::optional<StoppedHelpers::Clock::time_point> StoppedHelpers::next() const {
  std::optional<Clock::time_point> first;
  for (const auto& [pid, standing] : standing_) first = std::min(first.value_or(standing.next()), standing.next());
  return first;
}

StoppedHelpers::Due StoppedHelpers::due(Clock::time_point now) {
  for (auto& [pid, standing] : standing_) {
    if (now < standing.next()) continue;
    if (now > standing.next() + kOversleep) {  // we were stopped ourselves, and its news may be on the way
      standing.since = now;
      continue;
    }
    if (standing.said) return {"", standing_.extract(pid).key()};
    standing.said = true;
    const auto left = std::chrono::seconds(kPatience - kSayAfter).count();
    return {"the " + standing.name + " was stopped by another program: " + standing.lost +
                "; continue it with kill -CONT " + std::to_string(pid) + ", or it is ended in " + std::to_string(left) +
                " seconds",
            0};
  }
  return {};
}

}  // namespace supervisor
