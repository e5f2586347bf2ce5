// Tells what changes between two policies: rule by rule, and decision by decision.
//
// Decisions are compared for every name that either policy mentions, somebody whom neither does, every way to ask, and
// one instant in each part of the week in which no window opens or closes; other facts (account, ARN, groups, device,
// session table) one at a time. A glob is stood for by one name that it matches.
// Runs in: sentinel-policy.   Blocks: never.
// Units: at most kMaxQuestions questions; where there would be more, the last profiles are left out, and `sampled` says
// so.
#pragma once

#include <string>
#include <vector>

#include "policy/policy.h"
#include "study/diff/rule_changes.h"

namespace broker {

inline constexpr std::size_t kMaxQuestions = 1'000'000;

struct DecisionChange {
  std::string who, profiles, ways, facts, when;
  std::string before, after;  // as "deny", "allow, at most 20m"
  std::string rules;          // "rule "a" -> no rule"
};

struct PolicyDifference {
  std::vector<RuleChange> rules;
  std::vector<DecisionChange> decisions;
  std::vector<std::string> sampled;  // what was left out, in sentences; empty: nothing
  bool same_text = false;
  [[nodiscard]] bool same() const { return rules.empty() && decisions.empty(); }
};

PolicyDifference compare_policies(const Policy& before, const Policy& after);

}  // namespace broker
