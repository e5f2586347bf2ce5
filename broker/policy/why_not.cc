#include "policy/why_not.h"

#include "policy/time_window.h"

namespace broker {
namespace {

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

std::string day_name(std::size_t weekday) {
  std::string name(kWeekdayWords[weekday]);
  name[0] = static_cast<char>(name[0] - 'a' + 'A');
  return name;
}

std::string days_in_words(const Weekdays& days) {
  if (days.all()) return "any day";
  std::string text;
  for (std::size_t i = 0; i < days.size(); ++i) {
    const std::size_t weekday = (i + 1) % days.size();  // a week begins on Monday
    if (days.test(weekday)) text += (text.empty() ? "" : ", ") + day_name(weekday);
  }
  return text.empty() ? "no day" : text;
}

std::string why_not_now(const std::optional<TimeWindow>& window, const PolicyQuery& query) {
  if (!window || !window->zone) return "its time zone cannot be read";
  const std::optional<LocalMinute> local = minute_in_zone(*window->zone, query.now);
  if (!local) return "its time zone cannot be read";
  return "its window is " + window_in_words(*window) + ", and it is " + day_name(local->weekday) + " " +
         clock_text(local->minute) + " there";
}

std::string why_no_group(const Rule& rule, const PolicyQuery& query) {
  std::string names;
  for (const std::string& name : rule.conditions.groups) names += (names.empty() ? "" : ", ") + name;
  if (!query.groups) return "the caller's groups are unknown, and it wants one of " + names;
  return "the caller is in none of its groups (" + names + ")";
}

std::string why_not_by(const Rule& rule, const PolicyQuery& query) {
  const std::string wanted = joined_words(rule.conditions.transports.value_or(Vias()), kViaWords);
  if (query.transport)
    return "the request came by " + std::string(word(*query.transport)) + ", and it is for " + wanted;
  if (query.mode == Mode::kServer) return "the transport is unknown, and it is for " + wanted;
  return "mode " + std::string(word(query.mode)) + " has no transport, and it is for " + wanted;
}

std::string not_among(const std::string& what, const std::string& name, bool unknown, const std::string& list) {
  if (unknown || name.empty()) return what + " is unknown, and it has " + list;
  return what + " " + quoted(name) + " is not among its " + list;
}

std::string among(const std::string& what, const std::string& name, bool unknown, const std::string& list) {
  if (unknown) return what + " is unknown, and it has " + list;
  return what + " " + quoted(name) + " is among its " + list;
}

}  // namespace

std::string window_in_words(const TimeWindow& window) {
  std::string text =
      days_in_words(window.days) + " " + clock_text(window.start_minute) + "-" + clock_text(window.end_minute);
  if (window.overnight) text += " (overnight)";
  return window.zone ? text + " " + std::string(zone_name(*window.zone)) : text;
}

std::string why_not(Condition condition, bool unknown, const Rule& rule, const PolicyQuery& query) {
  const std::string list(word(condition));
  switch (condition) {
    case Condition::kProfiles:
      return not_among("profile", query.profile, unknown, list);
    case Condition::kNotProfiles:
      return among("profile", query.profile, unknown, list);
    case Condition::kUsers:
      if (query.user.empty()) return "the caller has no user name, and it has users";
      return not_among("user", query.user, unknown, list);
    case Condition::kNotUsers:
      return among("user", query.user, unknown, list);
    case Condition::kArns:
      return not_among("the caller's ARN", query.arn, unknown, list);
    case Condition::kAccounts:
      return not_among("account", query.account, unknown, list);
    case Condition::kGroups:
      return why_no_group(rule, query);
    case Condition::kTime:
      return why_not_now(rule.conditions.time, query);
    case Condition::kMode:
      return "the mode is " + std::string(word(query.mode)) + ", and it is for " +
             joined_words(rule.conditions.modes, kModeWords);
    case Condition::kTransport:
      return why_not_by(rule, query);
    case Condition::kDevice:
      return "device: " + why_not(rule.conditions.device, query.posture);
  }
  return {};
}

std::vector<std::string> assumptions(const Rule& rule, const PolicyQuery& query) {
  std::vector<std::string> assumed;
  Moment moment(query.now);
  for (std::size_t i = 0; i < std::size(kConditionWords); ++i) {
    const auto condition = static_cast<Condition>(i);
    if (truth_of(condition, rule.conditions, query, moment) == Truth::kUnknown)
      assumed.push_back(why_not(condition, true, rule, query));
  }
  return assumed;
}

}  // namespace broker
