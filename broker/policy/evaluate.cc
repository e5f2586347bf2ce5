#include "policy/evaluate.h"

#include "policy/match.h"

namespace broker {
namespace {

Verdict decided_by(const Policy& policy, std::size_t index) {
  const Rule& rule = policy.rules[index];
  Verdict verdict;
  verdict.rule = rule.name;
  verdict.rule_index = static_cast<int>(index);
  verdict.reason = rule.reason;
  verdict.max_server_duration = rule.max_server_duration;
  verdict.max_duration = rule.max_duration;
  verdict.session_table = rule.session_table;
  verdict.narrowing = rule.narrowing;
  verdict.source_identity = rule.source_identity;
  verdict.policy_sha256 = policy.sha256;
  return verdict;
}

void allow(Verdict& verdict) {
  verdict.allowed = true;
  verdict.effect = word(Effect::kAllow);
}

// What was missing comes first; the rule's own words follow.
void refuse(Verdict& verdict, const std::string& why) {
  verdict.reason = verdict.reason.empty() ? why : why + " (" + verdict.reason + ")";
}

void apply(Effect effect, const PolicyQuery& query, Verdict& verdict) {
  const bool server = query.mode == Mode::kServer;
  switch (effect) {
    case Effect::kAllow:
      return allow(verdict);
    case Effect::kDeny:
      if (verdict.reason.empty()) verdict.reason = reason_of_mute(verdict.rule);
      return;
    case Effect::kRequireApproval:
      verdict.effect = word(Effect::kRequireApproval);
      return refuse(verdict, "approval is required");
    case Effect::kRequireServer:
      if (server) return allow(verdict);
      verdict.requires_server_mode = true;
      return refuse(verdict, "only `sentinel exec --server` may have these credentials");
    case Effect::kRequireServerSession:
      // The table is that of a tracking which is active. One that the rule does not name is of the user's choosing, and
      // so is its revocation.
      if (server && !verdict.session_table.empty() && query.session_table == verdict.session_table)
        return allow(verdict);
      verdict.requires_session_tracking = true;
      verdict.requires_server_mode = !server;
      return refuse(verdict, verdict.session_table.empty()
                                 ? "a tracked session is required, and the rule names no table for it"
                                 : "a tracked session is required");
  }
}

// Worth a word to the user who was refused: all the rest of the rule held, or a fact was missing.
bool is_worth_telling(const Match& match) { return match.unknown || match.missed == Condition::kDevice; }

Verdict decided_by_none(const Policy& policy, const PolicyQuery& query, const Rule* nearly, const Match& match) {
  Verdict verdict;
  verdict.policy_sha256 = policy.sha256;
  verdict.reason = kNoMatchingRule;
  if (nearly != nullptr) {
    verdict.reason +=
        ": rule \"" + nearly->name + "\" does not match, " + why_not(match.missed, match.unknown, *nearly, query);
  }
  return verdict;
}

}  // namespace

std::string reason_of_mute(std::string_view rule) { return "rule \"" + std::string(rule) + "\" denies it"; }

Verdict evaluate(const Policy& policy, const PolicyQuery& query, Trace* trace) {
  Moment moment(query.now);
  const Rule* nearly = nullptr;
  Match nearly_match;
  for (std::size_t i = 0; i < policy.rules.size(); ++i) {
    const Rule& rule = policy.rules[i];
    const Match found = match(rule, query, moment);
    if (!found.holds) {
      if (nearly == nullptr && is_worth_telling(found)) nearly = &rule, nearly_match = found;
      if (trace) {
        trace->passed_over.push_back(
            {static_cast<int>(i), found.missed, found.unknown, why_not(found.missed, found.unknown, rule, query)});
      }
      continue;
    }
    if (trace) trace->decided_by = static_cast<int>(i), trace->assumed = assumptions(rule, query);
    Verdict verdict = decided_by(policy, i);
    if (found.clock_unreadable) {
      refuse(verdict, "the time zone of rule \"" + rule.name + "\" cannot be read");
    } else {
      apply(rule.effect, query, verdict);
    }
    return verdict;
  }
  return decided_by_none(policy, query, nearly, nearly_match);
}

}  // namespace broker
