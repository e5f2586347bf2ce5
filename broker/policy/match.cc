#include "policy/match.h"

#include <algorithm>
#include <cstddef>

#include "policy/name_pattern.h"

namespace broker {
namespace {

Truth yes_if(bool holds) { return holds ? Truth::kYes : Truth::kNo; }

bool lists(const std::vector<NamePattern>& patterns, const std::string& name) {
  for (const NamePattern& pattern : patterns) {
    if (pattern.glob ? matches(pattern, name) : pattern.text == name) return true;  // the plain case, without a call
  }
  return false;
}

// A name that is empty is on no list, not even on one that says "*".
Truth is_one_of(const std::vector<NamePattern>& patterns, const std::string& name) {
  return yes_if(patterns.empty() || (!name.empty() && lists(patterns, name)));
}

Truth is_none_of(const std::vector<NamePattern>& patterns, const std::string& name) {
  if (patterns.empty()) return Truth::kYes;
  return name.empty() ? Truth::kUnknown : yes_if(!lists(patterns, name));
}

Truth is_known_one_of(const std::vector<NamePattern>& patterns, const std::string& name) {
  return !patterns.empty() && name.empty() ? Truth::kUnknown : is_one_of(patterns, name);
}

Truth is_account(const std::vector<std::string>& accounts, const std::string& account) {
  if (accounts.empty()) return Truth::kYes;
  return account.empty() ? Truth::kUnknown : yes_if(std::ranges::find(accounts, account) != accounts.end());
}

Truth is_in_group(const std::vector<std::string>& wanted, const std::optional<std::vector<std::string>>& groups) {
  if (wanted.empty()) return Truth::kYes;
  if (!groups) return Truth::kUnknown;
  return yes_if(std::ranges::find_first_of(wanted, *groups) != wanted.end());
}

Truth is_now(const std::optional<TimeWindow>& window, Moment& moment) {
  if (!window) return Truth::kYes;
  const std::optional<LocalMinute> local = window->zone ? moment.in(*window->zone) : std::nullopt;
  return local ? yes_if(is_open(*window, *local)) : Truth::kUnknown;
}

// A mode without transport came by none of those that a rule can name; in server mode each request came by one.
Truth came_by(const std::optional<Vias>& transports, const PolicyQuery& query) {
  if (!transports) return Truth::kYes;
  if (query.transport) return yes_if(transports->test(static_cast<std::size_t>(*query.transport)));
  return query.mode == Mode::kServer ? Truth::kUnknown : Truth::kNo;
}

// Always inlined: where the condition is a constant, nothing of the choice is left.
[[gnu::always_inline]] inline Truth truth_here(Condition condition, const Conditions& conditions,
                                               const PolicyQuery& query, Moment& moment) {
  switch (condition) {
    case Condition::kProfiles:
      return is_one_of(conditions.profiles, query.profile);
    case Condition::kNotProfiles:
      return is_none_of(conditions.not_profiles, query.profile);
    case Condition::kUsers:
      return is_one_of(conditions.users, query.user);
    case Condition::kNotUsers:
      return is_none_of(conditions.not_users, query.user);
    case Condition::kArns:
      return is_known_one_of(conditions.arns, query.arn);
    case Condition::kAccounts:
      return is_account(conditions.accounts, query.account);
    case Condition::kGroups:
      return is_in_group(conditions.groups, query.groups);
    case Condition::kTime:
      return is_now(conditions.time, moment);
    case Condition::kMode:
      return yes_if(conditions.modes.test(static_cast<std::size_t>(query.mode)));
    case Condition::kTransport:
      return came_by(conditions.transports, query);
    case Condition::kDevice:
      return judge_device(conditions.device, query.posture);
  }
  return Truth::kUnknown;
}

template <Condition kCondition>
[[gnu::always_inline]] inline bool passes(const Rule& rule, const PolicyQuery& query, Moment& moment, Match& match) {
  const Truth truth = truth_here(kCondition, rule.conditions, query, moment);
  if (truth == Truth::kYes) return true;
  if (truth == Truth::kUnknown && kCondition == Condition::kTime) return match.clock_unreadable = true;
  if (truth == Truth::kUnknown && rule.effect == Effect::kDeny) return true;
  match.unknown = truth == Truth::kUnknown;
  match.missed = kCondition;
  return false;
}

}  // namespace

std::optional<LocalMinute> Moment::in(const date::time_zone& zone) {
  std::size_t slot = (reinterpret_cast<std::uintptr_t>(&zone) / alignof(std::max_align_t)) % kRoom;
  for (std::size_t tried = 0; tried < kRoom; ++tried, slot = (slot + 1) % kRoom) {
    if (shown_[slot].zone == &zone) return shown_[slot].minute;
    if (shown_[slot].zone != nullptr) continue;
    shown_[slot] = {&zone, minute_in_zone(zone, instant_)};
    return shown_[slot].minute;
  }
  return minute_in_zone(zone, instant_);
}

Truth truth_of(Condition condition, const Conditions& conditions, const PolicyQuery& query, Moment& moment) {
  return truth_here(condition, conditions, query, moment);
}

// A zone that cannot say what time it is decides like nothing else: the rule is looked at to its end, and if all else
// holds, the question is refused, whatever the effect.
Match match(const Rule& rule, const PolicyQuery& query, Moment& moment) {
  Match match;
#define CONDITION(name, key, asks) \
  if (!passes<Condition::k##name>(rule, query, moment, match)) return match;
#include "policy/conditions.def"
  match.holds = true;
  return match;
}

}  // namespace broker
