#include "policy_eval.h"

#include <algorithm>

#include "time_window.h"

namespace broker {
namespace {

enum class Match { kNo, kYes, kUnknown };

bool lists(const std::vector<NamePattern>& names, const std::string& name) {
  return names.empty() || std::ranges::any_of(names, [&](const NamePattern& one) { return one.text == name; });
}

Match time_matches(const std::optional<TimeWindow>& window, std::chrono::sys_seconds now) {
  if (!window) return Match::kYes;
  const std::optional<LocalMinute> local = window->zone ? minute_in_zone(*window->zone, now) : std::nullopt;
  if (!local) return Match::kUnknown;
  return is_open(*window, *local) ? Match::kYes : Match::kNo;
}

// In SPEC 2.4's order. Device demands are judged by the caller, because they depend on the effect.
Match matches(const Conditions& conditions, const PolicyQuery& query) {
  if (!lists(conditions.profiles, query.profile) || !lists(conditions.users, query.user)) return Match::kNo;
  const Match time = time_matches(conditions.time, query.now);
  if (time == Match::kNo || !conditions.modes.test(static_cast<std::size_t>(query.mode))) return Match::kNo;
  return time;
}

Verdict decided_by(const Policy& policy, std::size_t index) {
  const Rule& rule = policy.rules[index];
  Verdict verdict;
  verdict.rule = rule.name;
  verdict.rule_index = static_cast<int>(index);
  verdict.reason = rule.reason;
  verdict.max_server_duration = rule.max_server_duration;
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

void apply(Effect effect, Mode mode, Verdict& verdict) {
  switch (effect) {
    case Effect::kAllow:
      return allow(verdict);
    case Effect::kDeny:
      if (verdict.reason.empty()) verdict.reason = "rule \"" + verdict.rule + "\" denies it";
      return;
    case Effect::kRequireApproval:
      verdict.effect = word(Effect::kRequireApproval);
      return refuse(verdict, "approval is required, and approvals do not exist in this build yet");
    case Effect::kRequireServer:
      if (mode == Mode::kServer) return allow(verdict);
      verdict.requires_server_mode = true;
      return refuse(verdict, "only `sentinel exec --server` may have these credentials");
    case Effect::kRequireServerSession:
      verdict.requires_session_tracking = true;
      verdict.requires_server_mode = mode != Mode::kServer;
      return refuse(verdict, "a tracked session is required, and session tracking does not exist in this build yet");
  }
}

}  // namespace

Verdict evaluate(const Policy& policy, const PolicyQuery& query) {
  const Rule* lacked_posture = nullptr;
  for (std::size_t i = 0; i < policy.rules.size(); ++i) {
    const Rule& rule = policy.rules[i];
    const Match match = matches(rule.conditions, query);
    if (match == Match::kNo) continue;
    Verdict verdict = decided_by(policy, i);
    verdict.policy_sha256 = policy.sha256;
    if (match == Match::kUnknown) {
      refuse(verdict, "the time zone of rule \"" + rule.name + "\" cannot be read");
      return verdict;
    }
    if (rule.conditions.device.any() && rule.effect != Effect::kDeny) {
      // Nothing is known of the device, so a demand is not met. A deny holds all the same: skipping it would permit.
      if (lacked_posture == nullptr) lacked_posture = &rule;
      continue;
    }
    apply(rule.effect, query.mode, verdict);
    return verdict;
  }
  Verdict verdict;
  verdict.policy_sha256 = policy.sha256;
  verdict.reason = "no matching rule";
  if (lacked_posture != nullptr) {
    verdict.reason += ": rule \"" + lacked_posture->name +
                      "\" makes demands on the device, and device posture does not exist in this build yet";
  }
  return verdict;
}

}  // namespace broker
