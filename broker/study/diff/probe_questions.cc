#include "study/diff/probe_questions.h"

#include <algorithm>
#include <set>

#include "policy/match.h"
#include "policy/time_window.h"

namespace broker {
namespace {

static_assert(std::size(kConditionWords) == 11, "what a new condition tells apart is asked here too");

using std::chrono::days;
using std::chrono::minutes;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

template <class Visit>
void each_rule(std::span<const Policy* const> policies, Visit visit) {
  for (const Policy* policy : policies) {
    for (const Rule& rule : policy->rules) visit(rule);
  }
}

// The shortest kind of name that the glob matches, with a letter where a shorter one would be another rule's.
std::string stand_in(const std::string& glob) {
  std::string out;
  for (const char c : glob) out += c == '*' || c == '?' ? 'x' : c;
  return out;
}

class Names {
 public:
  void add(const std::vector<NamePattern>& patterns) {
    for (const NamePattern& each : patterns) {
      const std::string name = each.glob ? stand_in(each.text) : each.text;
      const std::string label = each.glob ? each.text + " (as " + name + ")" : name;
      if (seen_.insert(name).second) names_.push_back({name, label});
    }
  }
  std::vector<AskedName> with_other(const std::string& label) {
    std::string other = "somebody-else";
    while (seen_.contains(other)) other += '-';
    names_.push_back({other, label});
    return std::move(names_);
  }

 private:
  std::vector<AskedName> names_;
  std::set<std::string> seen_;
};

AskedFacts fact(std::string label) { return {std::move(label), {}}; }

// A device of which all that the demands could ask for is known, with this answer.
Posture device(bool good, const std::string& version, OsType type) {
  Posture out;
  out.encrypted = out.mdm_enrolled = out.mdm_compliant = out.firewall = good;
  out.os_version = version;
  out.os_type = type;
  return out;
}

// Monday 00:00 UTC, far from any change of the clocks.
sys_seconds week_of(bool summer) {
  using namespace std::chrono;
  return summer ? sys_days(year(2026) / July / 6) : sys_days(year(2026) / January / 5);
}

// How far the zone's clock is ahead of UTC in that week.
minutes offset_of(const date::time_zone& zone, sys_seconds week) {
  const auto local = minute_in_zone(zone, week + days(3));
  if (!local) return minutes(0);
  constexpr int kThursday = 4;
  const int ahead = (static_cast<int>(local->weekday) - kThursday) * TimeWindow::kDay + local->minute;
  return minutes(ahead);
}

constexpr minutes kWeek = days(7);

minutes within_week(minutes at) { return ((at % kWeek) + kWeek) % kWeek; }

// In UTC, from Monday 00:00.
void add_edges(const TimeWindow& window, minutes offset, std::set<minutes>& edges) {
  const auto edge = [&](int weekday, int minute) {
    edges.insert(within_week(days(weekday + 6) + minutes(minute) - offset));
  };
  for (int weekday = 0; weekday < 7; ++weekday) {
    if (!window.days.test(static_cast<std::size_t>(weekday))) continue;
    edge(weekday, window.start_minute);
    edge(weekday + (window.overnight ? 1 : 0), window.end_minute);
  }
}

}  // namespace

std::vector<AskedName> asked_profiles(std::span<const Policy* const> policies) {
  Names names;
  each_rule(policies, [&](const Rule& rule) {
    names.add(rule.conditions.profiles);
    names.add(rule.conditions.not_profiles);
  });
  return names.with_other("any other profile");
}

std::vector<AskedName> asked_users(std::span<const Policy* const> policies) {
  Names names;
  each_rule(policies, [&](const Rule& rule) {
    names.add(rule.conditions.users);
    names.add(rule.conditions.not_users);
  });
  std::vector<AskedName> out = names.with_other("anybody else");
  out.push_back({"", "who has no name"});
  return out;
}

std::vector<AskedFacts> asked_facts(std::span<const Policy* const> policies) {
  std::vector<AskedFacts> out{fact("")};
  std::set<std::string> seen;
  const auto is_new = [&](const std::string& label) { return seen.insert(label).second; };
  bool devices = false, accounts = false, groups = false, arns = false;
  std::set<std::string> versions;
  each_rule(policies, [&](const Rule& rule) {
    const Conditions& conditions = rule.conditions;
    for (const std::string& each : conditions.accounts) {
      if (!is_new("account " + each)) continue;
      out.push_back(fact("account " + each));
      out.back().known.account = each;
    }
    for (const NamePattern& each : conditions.arns) {
      const std::string name = each.glob ? stand_in(each.text) : each.text;
      if (!is_new("ARN " + name)) continue;
      out.push_back(fact("ARN " + name));
      out.back().known.arn = name;
    }
    for (const std::string& each : conditions.groups) {
      if (!is_new("in group " + each)) continue;
      out.push_back(fact("in group " + each));
      out.back().known.groups = {each};
    }
    accounts |= !conditions.accounts.empty();
    arns |= !conditions.arns.empty();
    groups |= !conditions.groups.empty();
    devices |= conditions.device.any();
    if (rule.effect == Effect::kRequireServerSession && !rule.session_table.empty() &&
        is_new("tracked in " + rule.session_table)) {
      out.push_back(fact("in a session tracked in " + rule.session_table));
      out.back().known.session_table = rule.session_table;
    }
    if (!conditions.device.min_os_version.empty()) versions.insert(conditions.device.min_os_version);
  });
  if (accounts) out.push_back(fact("another account")), out.back().known.account = "000000000000";
  if (arns) out.push_back(fact("another ARN")), out.back().known.arn = "arn:aws:iam::000000000000:user/somebody-else";
  if (groups) out.push_back(fact("in none of the groups")), out.back().known.groups.emplace();
  if (!devices) return out;
  versions.insert("0");
  for (std::size_t type = 0; type < std::size(kOsTypeWords); ++type) {
    for (const std::string& version : versions) {
      const std::string what = " device with " + std::string(kOsTypeWords[type]) + " " + version;
      for (const bool good : {true, false}) {
        out.push_back(fact((good ? "good" : "bad") + what));
        out.back().known.posture = device(good, version, static_cast<OsType>(type));
      }
    }
  }
  return out;
}

WeekParts week_parts(std::span<const TimeWindow* const> windows, bool summer) {
  const sys_seconds week = week_of(summer);
  std::set<const date::time_zone*> zones;
  std::set<minutes> edges;
  for (const TimeWindow* window : windows) {
    zones.insert(window->zone);
    add_edges(*window, offset_of(*window->zone, week), edges);
  }
  WeekParts out;
  out.several_zones = zones.size() > 1;
  const date::time_zone* const shown = zones.size() == 1 ? *zones.begin() : nullptr;
  const minutes offset = shown ? offset_of(*shown, week) : minutes(0);
  out.zone = shown ? std::string(zone_name(*shown)) : "UTC";
  if (edges.empty()) edges.insert(minutes(0));
  for (const minutes each : edges) {
    out.parts.push_back({week + each, static_cast<int>(within_week(each + offset).count()), 0});
  }
  std::ranges::sort(out.parts, {}, &WeekPart::begins);
  for (std::size_t i = 0; i < out.parts.size(); ++i) {
    const bool last = i + 1 == out.parts.size();
    out.parts[i].ends = last ? out.parts[0].begins + static_cast<int>(kWeek.count()) : out.parts[i + 1].begins;
  }
  return out;
}

}  // namespace broker
