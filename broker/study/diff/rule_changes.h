// Tells what changes between two policies rule by rule: which came, went, moved among those that stay, or says another
// thing.
//
// Runs in: sentinel-policy.   Blocks: never.
#pragma once

#include <string>
#include <vector>

#include "policy/policy.h"

namespace broker {

struct RuleChange {
  enum class Kind { kAdded, kRemoved, kMoved, kChanged } kind;
  std::string rule;
  std::vector<std::string> details;  // "max_duration: 1h -> 30m", "from place 3 to place 1"
};
std::vector<RuleChange> compare_rules(const Policy& before, const Policy& after);

}  // namespace broker
