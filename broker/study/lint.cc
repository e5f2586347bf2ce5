#include "study/lint.h"

#include <algorithm>

#include "ipc/sts_limits.h"
#include "policy/yaml/load.h"
#include "study/overlap.h"
#include "text/plain_text.h"
#include "yaml/error_place.h"

namespace broker {
namespace {

using Kind = FindingKind;
constexpr std::size_t kMaxNamed = 5;

std::string quoted_name(const Rule& rule) { return in_quotes(rule.name); }

std::string with_line(const Rule& rule) { return quoted_name(rule) + " (line " + std::to_string(rule.line) + ")"; }

std::string of_pattern(const NamePattern& name) { return in_quotes(name.text); }

// Findings about one rule, and those that compare it with the ones before.
class Look {
 public:
  Look(const Policy& policy, std::size_t index, std::vector<Finding>& out)
      : policy_(policy), index_(index), rule_(policy.rules[index]), out_(out) {}

  void all() {
    if (!nobody()) before();
    server_only();
    caps();
    window();
    deny_with_more();
    exceptions();
    repeated();
    any_profile();
    no_name();
    deny_later();
  }

 private:
  void add(Kind kind, std::string what, std::string next_step, std::vector<std::string> others = {}) {
    out_.push_back({kind, rule_.name, rule_.line, std::move(what), std::move(next_step), std::move(others)});
  }

  bool nobody();
  void before();
  void shadowed_by(const Rule& earlier);
  void server_only();
  void caps();
  void window();
  void deny_with_more();
  void exceptions();
  void idle(const char* key, const std::vector<NamePattern>& listed, const std::vector<NamePattern>& excepted);
  void repeated();
  void any_profile();
  void no_name();
  void deny_later();

  const Policy& policy_;
  std::size_t index_;
  const Rule& rule_;
  std::vector<Finding>& out_;
};

bool Look::nobody() {
  const std::size_t found = out_.size();
  if (is_empty(profile_names(rule_)) == Proof::kYes) {
    add(Kind::kNobody, "rule " + quoted_name(rule_) + " matches no profile: not_profiles takes all of profiles away",
        "take names out of not_profiles, or delete the rule");
  }
  if (is_empty(user_names(rule_)) == Proof::kYes) {
    add(Kind::kNobody, "rule " + quoted_name(rule_) + " matches no user: not_users takes all of users away",
        "take names out of not_users, or delete the rule");
  }
  if (ways(rule_.conditions).none()) {
    add(Kind::kNobody,
        "rule " + quoted_name(rule_) + " matches no request: only server mode has a transport, and its mode is another",
        "leave transport out, or add server to mode");
  }
  return out_.size() > found;
}

bool same_conditions(const Rule& a, const Rule& b) { return leaves_nothing_to(a, b) && leaves_nothing_to(b, a); }

void Look::shadowed_by(const Rule& earlier) {
  const bool same_effect = earlier.effect == rule_.effect;
  const std::string effects = same_effect ? std::string()
                                          : "; that one says " + std::string(word(earlier.effect)) + ", this one " +
                                                std::string(word(rule_.effect));
  if (same_conditions(earlier, rule_)) {
    return add(Kind::kDuplicate,
               "rule " + quoted_name(rule_) + " never decides: rule " + with_line(earlier) +
                   " has the same conditions and comes first" + effects,
               same_effect ? "delete one of them" : "decide which of them is meant, and delete the other",
               {earlier.name});
  }
  add(Kind::kShadowed,
      "rule " + quoted_name(rule_) + " never decides: rule " + with_line(earlier) +
          " comes first and holds whenever this one would" + effects,
      same_effect ? "delete it, or narrow the earlier rule" : "move it before the earlier rule, or delete it",
      {earlier.name});
}

void Look::before() {
  for (std::size_t i = 0; i < index_; ++i) {
    if (leaves_nothing_to(policy_.rules[i], rule_)) return shadowed_by(policy_.rules[i]);
  }
  const std::vector<std::size_t> together = covered_by(policy_, index_);
  if (together.empty()) return;
  std::vector<std::string> names;
  std::string list;
  for (std::size_t i = 0; i < together.size(); ++i) {
    const Rule& rule = policy_.rules[together[i]];
    names.push_back(rule.name);
    if (i < kMaxNamed) list += (i == 0 ? "" : ", ") + with_line(rule);
    if (i == kMaxNamed) list += " and " + std::to_string(together.size() - kMaxNamed) + " more";
  }
  add(Kind::kCovered,
      "rule " + quoted_name(rule_) + " never decides: together the earlier rules " + list + " hold whenever it would",
      "delete it, or move it before them", std::move(names));
}

void Look::server_only() {
  const bool wants_server = rule_.effect == Effect::kRequireServer || rule_.effect == Effect::kRequireServerSession;
  if (!wants_server || rule_.conditions.modes.test(static_cast<std::size_t>(Mode::kServer))) return;
  add(Kind::kNeverPermits, "rule " + quoted_name(rule_) + " demands server mode, and its own mode leaves server out",
      "leave mode out, or say deny");
}

void Look::caps() {
  if (rule_.effect == Effect::kDeny || (rule_.narrowing && rule_.narrowing->hard_expiry)) return;
  const auto look = [&](const char* key, const std::optional<std::chrono::seconds>& cap) {
    if (!cap || *cap >= ipc::sts::kShortest) return;
    add(Kind::kShortCap,
        "rule " + quoted_name(rule_) + " caps " + key + " at " + std::to_string(cap->count()) +
            " s, and AWS issues nothing for less than 900 s: where the cap holds, it refuses",
        "raise it to 15m, or add restrict: { hard_expiry: " + std::to_string(cap->count()) + "s }");
  };
  look("max_server_duration", rule_.max_server_duration);
  look("max_duration", rule_.max_duration);
}

void Look::window() {
  if (!rule_.conditions.time) return;
  const TimeWindow& window = *rule_.conditions.time;
  if (window.end_minute == TimeWindow::kDay - 1) {
    add(Kind::kLastMinute,
        "the window of rule " + quoted_name(rule_) +
            " ends at 23:59, which does not belong to it: from 23:59 to 24:00 " + "the rule does not hold",
        "write end: \"24:00\"");
  }
  if (!window.overnight || window.days.all()) return;
  std::string days;
  for (std::size_t day = 0; day < window.days.size(); ++day) {
    const std::size_t next = (day + 1) % window.days.size();
    if (!window.days.test(day) || window.days.test(next)) continue;
    days += (days.empty() ? "" : ", ") + std::string(kWeekdayWords[next]);
  }
  add(Kind::kOvernightDays,
      "the window of rule " + quoted_name(rule_) + " goes on past midnight into days that it does not list: " + days,
      "nothing, if that is meant: days are those on which the window starts");
}

void Look::deny_with_more() {
  if (rule_.effect != Effect::kDeny) return;
  if (rule_.conditions.device.any()) {
    add(Kind::kDeviceOnDeny,
        "rule " + quoted_name(rule_) +
            " denies devices that meet its demands, or of which nothing is known; those that " +
            "fail them go on to the next rule",
        "put the demands on the rule that allows");
  }
  if (rule_.narrowing || rule_.max_duration || rule_.max_server_duration) {
    add(Kind::kIdleKey, "rule " + quoted_name(rule_) + " denies, so that its durations and restrict have no effect",
        "leave them out, or say allow");
  }
}

void Look::idle(const char* key, const std::vector<NamePattern>& listed, const std::vector<NamePattern>& excepted) {
  if (listed.empty()) return;
  for (const NamePattern& each : excepted) {
    if (share(names_of(listed), names_of({each})) != Proof::kNo) continue;
    add(Kind::kIdleException,
        std::string(key) + " of rule " + quoted_name(rule_) + " names " + of_pattern(each) +
            ", whom the rule does not match anyway",
        "check the spelling, or take the name out");
  }
}

void Look::exceptions() {
  idle("not_profiles", rule_.conditions.profiles, rule_.conditions.not_profiles);
  idle("not_users", rule_.conditions.users, rule_.conditions.not_users);
}

void Look::repeated() {
  const Conditions& conditions = rule_.conditions;
  for (const auto* names :
       {&conditions.profiles, &conditions.not_profiles, &conditions.users, &conditions.not_users, &conditions.arns}) {
    for (const NamePattern& wide : *names) {
      if (!wide.glob) continue;
      for (const NamePattern& narrow : *names) {
        if (&wide == &narrow || covers(names_of({wide}), names_of({narrow})) != Proof::kYes) continue;
        add(Kind::kRepeatedName,
            "rule " + quoted_name(rule_) + " lists " + of_pattern(narrow) + " beside " + of_pattern(wide) +
                ", which matches it already",
            "take one of them out");
      }
    }
  }
}

void Look::any_profile() {
  if (rule_.effect != Effect::kAllow) return;
  const NameSet everything{{}, rule_.conditions.not_profiles, false};
  if (covers(profile_names(rule_), everything) != Proof::kYes) return;
  add(Kind::kAnyProfile,
      "rule " + quoted_name(rule_) + " allows every profile" +
          (rule_.conditions.not_profiles.empty() ? "" : " but those in not_profiles"),
      "list the profiles that are meant, so that a new one is not allowed by accident");
}

void Look::no_name() {
  if (rule_.source_identity == SourceIdentity::kRequired) return;
  const bool ever = rule_.source_identity == SourceIdentity::kIfAllowed;
  add(Kind::kNoName,
      "rule " + quoted_name(rule_) + (ever ? " may issue" : " issues") +
          " sessions without a source identity: CloudTrail does not name who asked for them",
      ever ? "let the roles' trust policies allow sts:SetSourceIdentity, then take the key out"
           : "say if_allowed, so that roles that allow it carry the name");
}

void Look::deny_later() {
  if (rule_.effect != Effect::kAllow) return;
  for (std::size_t i = index_ + 1; i < policy_.rules.size(); ++i) {
    const Rule& later = policy_.rules[i];
    if (later.effect != Effect::kDeny || !can_meet(rule_, later) || leaves_nothing_to(rule_, later)) continue;
    return add(
        Kind::kAllowThenDeny,
        "rule " + quoted_name(rule_) + " allows some of what rule " + with_line(later) + " denies, and comes first",
        "nothing, if it is the exception; else move the deny before it", {later.name});
  }
}

}  // namespace

std::string_view word(Severity severity) {
  switch (severity) {
    case Severity::kWrong:
      return "wrong";
    case Severity::kSuspicious:
      return "suspicious";
    case Severity::kHint:
      return "hint";
  }
  return "hint";
}

std::vector<Finding> lint_policy(const Policy& policy) {
  std::vector<Finding> out;
  for (std::size_t i = 0; i < policy.rules.size(); ++i) Look(policy, i, out).all();
  return out;
}

std::vector<Finding> lint_text(std::string_view text, const std::string& source) {
  const Read<Policy> policy = read_policy(text, source);
  if (policy) return lint_policy(*policy);
  std::vector<Finding> out;
  for (const ipc::Error& each : policy.error().told()) {
    const ErrorPlace place = place_of(each, source);
    out.push_back({Kind::kUnreadable, {}, place.line, place.reason, each.next_step, {}});
  }
  return out;
}

bool any_fault(const std::vector<Finding>& findings) {
  return std::ranges::any_of(findings, [](const Finding& each) { return row(each.kind).severity != Severity::kHint; });
}

}  // namespace broker
