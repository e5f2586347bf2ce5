#include "study/explain.h"

#include "text/plain_text.h"

namespace broker {

const Rule* deciding_rule(const Policy& policy, const Verdict& verdict) {
  const auto index = static_cast<std::size_t>(verdict.rule_index);
  return verdict.rule_index >= 0 && index < policy.rules.size() ? &policy.rules[index] : nullptr;
}

std::string rule_in_words(const Policy& policy, int index) {
  const Rule& rule = policy.rules[static_cast<std::size_t>(index)];
  return "rule " + std::to_string(index + 1) + " " + in_quotes(rule.name) + " (line " + std::to_string(rule.line) + ")";
}

Explanation explain(const Policy& policy, PolicyQuery query, const LifetimeWish& wish) {
  Explanation out;
  out.query = std::move(query);
  out.verdict = evaluate(policy, out.query, &out.trace);
  out.lifetime = expected_lifetime(policy, out.query, out.verdict, wish);
  return out;
}

std::string verdict_in_words(const Policy& policy, const Verdict& verdict) {
  if (deciding_rule(policy, verdict) == nullptr) return verdict.effect + " by no rule: " + verdict.reason;
  return verdict.effect + " by " + rule_in_words(policy, verdict.rule_index) +
         (verdict.reason.empty() ? "" : ": " + verdict.reason);
}

}  // namespace broker
