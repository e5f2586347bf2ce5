#include "study/overlap.h"

#include <algorithm>
#include <array>

#include "policy/device_demands.h"
#include "policy/match.h"
#include "policy/time_window.h"

namespace broker {
namespace {

constexpr std::size_t kMaxParts = 1024;  // (profile, user) pairs that one rule is taken apart into

bool denies(const Rule& rule) { return rule.effect == Effect::kDeny; }

// Who has no name is on no list, whatever the effect; otherwise what is unknown passes a rule that denies.
NameSet caller_arns(const Rule& rule) {
  return {rule.conditions.arns, {}, rule.conditions.arns.empty() || denies(rule)};
}

NameSet accounts_of(const Rule& rule) {
  NameSet set{{}, {}, rule.conditions.accounts.empty() || denies(rule)};
  for (const std::string& each : rule.conditions.accounts) set.in.emplace_back(each);
  return set;
}

bool groups_covered(const Rule& outer, const Rule& inner) {
  const auto &wide = outer.conditions.groups, &narrow = inner.conditions.groups;
  if (wide.empty()) return true;
  if (narrow.empty() || (denies(inner) && !denies(outer))) return false;
  const auto is_wide = [&](const std::string& group) { return std::ranges::find(wide, group) != wide.end(); };
  return std::ranges::all_of(narrow, is_wide);
}

// Each demand of `outer` is one of `inner`; and where `inner` lets an unknown device pass, `outer` does.
bool device_covered(const Rule& outer, const Rule& inner) {
  const DeviceDemands &wide = outer.conditions.device, &narrow = inner.conditions.device;
  if (!wide.any()) return true;
  if (denies(inner) && !denies(outer)) return false;
  const auto asked = [](bool by_wide, bool by_narrow) { return !by_wide || by_narrow; };
  const bool version = wide.min_os_version.empty() ||
                       (!narrow.min_os_version.empty() &&
                        compare_versions(wide.min_os_version, narrow.min_os_version) != std::strong_ordering::greater);
  const bool types = wide.os_types.none() || (narrow.os_types.any() && (narrow.os_types & ~wide.os_types).none());
  return asked(wide.encryption, narrow.encryption) && asked(wide.mdm, narrow.mdm) &&
         asked(wide.mdm_compliant, narrow.mdm_compliant) && asked(wide.firewall, narrow.firewall) && version && types;
}

bool devices_meet(const Rule& one, const Rule& other) {
  const OsTypes &a = one.conditions.device.os_types, &b = other.conditions.device.os_types;
  return a.none() || b.none() || (a & b).any();
}

// All but the way and the time.
bool facts_covered(const Rule& outer, const Rule& inner) {
  return groups_covered(outer, inner) && device_covered(outer, inner) &&
         covers(accounts_of(outer), accounts_of(inner)) == Proof::kYes &&
         covers(profile_names(outer), profile_names(inner)) == Proof::kYes &&
         covers(user_names(outer), user_names(inner)) == Proof::kYes &&
         covers(caller_arns(outer), caller_arns(inner)) == Proof::kYes;
}

bool always(const TimeWindow& window) {
  return window.days.all() && window.start_minute == 0 && window.end_minute == TimeWindow::kDay;
}

static_assert(std::size(kConditionWords) == 11, "a new condition bears on which rules overlap");

bool always(const Rule& rule) { return !rule.conditions.time || always(*rule.conditions.time); }

// When a rule holds by the clock of `zone`, as far as that is certain.
WeekMinutes certain_minutes(const Rule& rule, const date::time_zone* zone) {
  if (!rule.conditions.time) return WeekMinutes().set();
  if (always(*rule.conditions.time)) return WeekMinutes().set();
  return rule.conditions.time->zone == zone ? week_minutes(*rule.conditions.time) : WeekMinutes();
}

bool time_covered(const Rule& outer, const Rule& inner) {
  if (always(outer)) return true;
  if (always(inner) || outer.conditions.time->zone != inner.conditions.time->zone) return false;
  return (week_minutes(*inner.conditions.time) & ~week_minutes(*outer.conditions.time)).none();
}

// Windows of two zones: a moment of a winter or a summer week in which both are open is a proof; none found is "no".
bool open_together(const TimeWindow& a, const TimeWindow& b) {
  using namespace std::chrono;
  constexpr sys_days kWeeks[] = {sys_days(year(2026) / January / 4), sys_days(year(2026) / July / 5)};
  const auto open = [](const TimeWindow& window, sys_seconds now) {
    const auto local = minute_in_zone(*window.zone, now);
    return local && is_open(window, *local);
  };
  for (const sys_seconds week : kWeeks) {
    for (sys_seconds now = week; now < week + days(7); now += minutes(15)) {
      if (open(a, now) && open(b, now)) return true;
    }
  }
  return false;
}

bool times_meet(const Rule& one, const Rule& other) {
  if (always(one) || always(other)) return true;
  const TimeWindow &a = *one.conditions.time, &b = *other.conditions.time;
  return a.zone == b.zone ? (week_minutes(a) & week_minutes(b)).any() : open_together(a, b);
}

// ---- several rules against one

// The rule, taken apart by the names that it lists, where it lists few: rules that cover one name each cover it then.
std::vector<Rule> parts_of(const Rule& rule) {
  const Conditions& conditions = rule.conditions;
  const auto listed = [](const std::vector<NamePattern>& names) { return std::max<std::size_t>(names.size(), 1); };
  if (listed(conditions.profiles) * listed(conditions.users) > kMaxParts) return {rule};
  std::vector<Rule> parts{rule};
  for (const auto names : {&Conditions::profiles, &Conditions::users}) {
    if ((conditions.*names).size() < 2) continue;
    std::vector<Rule> finer;
    for (const Rule& part : parts) {
      for (const NamePattern& name : conditions.*names) {
        finer.push_back(part);
        finer.back().conditions.*names = {name};
      }
    }
    parts = std::move(finer);
  }
  return parts;
}

using Indices = std::vector<std::size_t>;

// The rules of `candidates` that add something, if together they hold whenever `part` does; by one zone's clock.
bool cover_by_clock(const Policy& policy, const Indices& candidates, const Rule& part, const date::time_zone* zone,
                    Indices& used) {
  const WeekMinutes wanted = part.conditions.time ? week_minutes(*part.conditions.time) : WeekMinutes().set();
  const Ways part_ways = ways(part.conditions);
  std::array<WeekMinutes, std::size(kWays)> missing{};
  for (std::size_t way = 0; way < missing.size(); ++way) {
    if (part_ways.test(way)) missing[way] = wanted;
  }
  Indices adding;
  for (const std::size_t index : candidates) {
    const Rule& rule = policy.rules[index];
    const WeekMinutes minutes = certain_minutes(rule, zone);
    const Ways rule_ways = ways(rule.conditions);
    bool adds = false;
    for (std::size_t way = 0; way < missing.size(); ++way) {
      if (!rule_ways.test(way) || (missing[way] & minutes).none()) continue;
      missing[way] &= ~minutes;
      adds = true;
    }
    if (adds) adding.push_back(index);
  }
  if (std::ranges::any_of(missing, [](const WeekMinutes& left) { return left.any(); })) return false;
  used.insert(used.end(), adding.begin(), adding.end());
  return true;
}

bool cover_part(const Policy& policy, std::size_t index, const Rule& part, Indices& used) {
  Indices candidates;
  for (std::size_t i = 0; i < index; ++i) {
    if (facts_covered(policy.rules[i], part)) candidates.push_back(i);
  }
  if (candidates.empty())
    return is_empty(profile_names(part)) == Proof::kYes || is_empty(user_names(part)) == Proof::kYes;
  std::vector<const date::time_zone*> zones;
  if (!always(part)) {
    zones.push_back(part.conditions.time->zone);
  } else {
    zones.push_back(nullptr);
    for (const std::size_t i : candidates) {
      const auto& time = policy.rules[i].conditions.time;
      if (time && std::ranges::find(zones, time->zone) == zones.end()) zones.push_back(time->zone);
    }
  }
  return std::ranges::any_of(
      zones, [&](const date::time_zone* zone) { return cover_by_clock(policy, candidates, part, zone, used); });
}

}  // namespace

NameSet profile_names(const Rule& rule) {
  return {rule.conditions.profiles, rule.conditions.not_profiles, false};  // a profile always has a name
}

NameSet user_names(const Rule& rule) {
  const Conditions& conditions = rule.conditions;
  const bool unknown = conditions.users.empty() && (conditions.not_users.empty() || denies(rule));
  return {conditions.users, conditions.not_users, unknown};
}

Ways ways(const Conditions& conditions) {
  Ways out;
  for (std::size_t i = 0; i < std::size(kWays); ++i) {
    const bool mode = conditions.modes.test(static_cast<std::size_t>(kWays[i].mode));
    const bool via = !conditions.transports ||
                     (kWays[i].via && conditions.transports->test(static_cast<std::size_t>(*kWays[i].via)));
    out.set(i, mode && via);
  }
  return out;
}

WeekMinutes week_minutes(const TimeWindow& window) {
  WeekMinutes out;
  for (unsigned weekday = 0; weekday < 7; ++weekday) {
    for (int minute = 0; minute < TimeWindow::kDay; ++minute) {
      if (is_open(window, {weekday, minute})) out.set(weekday * TimeWindow::kDay + static_cast<unsigned>(minute));
    }
  }
  return out;
}

bool leaves_nothing_to(const Rule& earlier, const Rule& later) {
  return (ways(later.conditions) & ~ways(earlier.conditions)).none() && facts_covered(earlier, later) &&
         time_covered(earlier, later);
}

bool can_meet(const Rule& one, const Rule& other) {
  return (ways(one.conditions) & ways(other.conditions)).any() && devices_meet(one, other) &&
         share(profile_names(one), profile_names(other)) == Proof::kYes &&
         share(user_names(one), user_names(other)) == Proof::kYes &&
         share(accounts_of(one), accounts_of(other)) == Proof::kYes &&
         share(caller_arns(one), caller_arns(other)) == Proof::kYes && times_meet(one, other);
}

std::vector<std::size_t> covered_by(const Policy& policy, std::size_t index) {
  Indices used;
  for (const Rule& part : parts_of(policy.rules[index])) {
    if (!cover_part(policy, index, part, used)) return {};
  }
  std::ranges::sort(used);
  const auto rest = std::ranges::unique(used);
  used.erase(rest.begin(), rest.end());
  return used;
}

}  // namespace broker
