// The questions with which two policies are told apart: names, facts, and parts of the week.
//
// Runs in: sentinel-policy.   Blocks: never.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "policy/policy.h"

namespace broker {

struct AskedName {
  std::string name;   // what is asked; empty: a name that no rule has
  std::string label;  // what it stands for
};
// Each exact name once, a name for each glob, and one that no pattern mentions.
std::vector<AskedName> asked_profiles(std::span<const Policy* const> policies);
std::vector<AskedName> asked_users(std::span<const Policy* const> policies);

// What is known beside user, profile, way and time. The first knows nothing.
struct AskedFacts {
  std::string label;  // empty: the first
  PolicyQuery known;  // only account, arn, groups, posture and session_table count
};
std::vector<AskedFacts> asked_facts(std::span<const Policy* const> policies);

// From `start` to the start of the next none of the windows opens or closes.
struct WeekPart {
  std::chrono::sys_seconds start;
  int begins = 0,
      ends = 0;  // minutes of the week from Monday 00:00 by the shown clock; `ends` may lie in the next week
};
// A week in January, or in July where `summer`, by the clock of the windows' only zone, or UTC where there are several.
struct WeekParts {
  std::vector<WeekPart> parts;
  std::string zone;
  bool several_zones = false;
};
WeekParts week_parts(std::span<const TimeWindow* const> windows, bool summer);

}  // namespace broker
