// Explains why a policy decides one question as it does: the verdict, and rule by rule what kept each earlier one from
// deciding.
//
// Runs in: sentinel-policy.   Blocks: never.
#pragma once

#include <string>

#include "policy/evaluate.h"
#include "study/expected_lifetime.h"

namespace broker {

struct Explanation {
  PolicyQuery query;
  Verdict verdict;
  Trace trace;
  std::optional<ExpectedLifetime> lifetime;  // none: nothing is issued
};

Explanation explain(const Policy& policy, PolicyQuery query, const LifetimeWish& wish = {});
// Null where no rule decided.
const Rule* deciding_rule(const Policy& policy, const Verdict& verdict);
// `rule 2 "ledger" (line 3)`
std::string rule_in_words(const Policy& policy, int index);
// `allow by rule "ledger" (line 3)`, `deny by no rule: no matching rule`
std::string verdict_in_words(const Policy& policy, const Verdict& verdict);

}  // namespace broker
