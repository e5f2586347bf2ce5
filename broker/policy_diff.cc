#include "policy_diff.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "plain_text.h"
#include "policy_eval.h"
#include "policy_members.h"
#include "policy_overlap.h"
#include "policy_questions.h"

namespace broker {
namespace {

// ---- rules

using Place = std::size_t;

std::map<std::string, Place> places_of(const Policy& policy) {
  std::map<std::string, Place> out;
  for (Place i = 0; i < policy.rules.size(); ++i) out.emplace(policy.rules[i].name, i);
  return out;
}

std::vector<std::string> changed_members(const Rule& before, const Rule& after) {
  const Members was = members_of(before), is = members_of(after);
  std::vector<std::string> out;
  const auto value_in = [](const Members& members, const std::string& key) {
    const auto found = std::ranges::find(members, key, &Members::value_type::first);
    return found == members.end() ? std::string("(none)") : found->second;
  };
  for (const auto& [key, value] : was) {
    if (value_in(is, key) != value) out.push_back(key + ": " + value + " -> " + value_in(is, key));
  }
  for (const auto& [key, value] : is) {
    if (value_in(was, key) == "(none)") out.push_back(key + ": (none) -> " + value);
  }
  return out;
}

// Of the rules that both have, in the new order: those that are not part of a longest rising run of old places.
std::vector<bool> moved_among(const std::vector<Place>& old_places) {
  std::vector<std::size_t> ends, previous(old_places.size());
  for (std::size_t i = 0; i < old_places.size(); ++i) {
    const auto slot = std::ranges::lower_bound(ends, old_places[i], {}, [&](std::size_t at) { return old_places[at]; });
    previous[i] = slot == ends.begin() ? old_places.size() : *std::prev(slot);
    if (slot == ends.end()) {
      ends.push_back(i);
    } else {
      *slot = i;
    }
  }
  std::vector<bool> moved(old_places.size(), true);
  for (std::size_t at = ends.empty() ? old_places.size() : ends.back(); at < old_places.size(); at = previous[at]) {
    moved[at] = false;
  }
  return moved;
}

// ---- decisions

std::string outcome_words(const Verdict& verdict) {
  std::string out = verdict.effect;
  if (verdict.requires_server_mode) out += ", needs server mode";
  if (verdict.requires_session_tracking) out += ", needs a tracked session";
  if (verdict.max_server_duration) out += ", in server mode at most " + in_words(*verdict.max_server_duration);
  if (verdict.max_duration) out += ", at most " + in_words(*verdict.max_duration);
  if (!verdict.narrowing) return out;
  for (const auto& [key, value] : members_of(*verdict.narrowing)) out += ", " + key + " " + value;
  return out;
}

// Denied is denied, whatever the caps of the rule that says so.
std::string outcome_of(const Verdict& verdict) {
  const bool denied = verdict.effect == word(Effect::kDeny);
  if (!denied) return outcome_words(verdict);
  Verdict bare;
  bare.requires_server_mode = verdict.requires_server_mode;
  bare.requires_session_tracking = verdict.requires_session_tracking;
  return outcome_words(bare);
}

std::string rule_of(const Verdict& verdict) {
  return verdict.rule.empty() ? "no rule" : "rule " + in_quotes(verdict.rule);
}

// What changes at one time: before, after, and by which rules.
using Change = std::tuple<std::string, std::string, std::string>;
using Timed = std::pair<std::string, Change>;  // when, what

struct Asked {
  std::vector<AskedName> profiles, users;
  std::vector<AskedFacts> facts;
  WeekParts week;
};

std::optional<Change> change_of(const Policy& before, const Policy& after, const PolicyQuery& query) {
  const Verdict was = evaluate(before, query), is = evaluate(after, query);
  std::string old_outcome = outcome_of(was), new_outcome = outcome_of(is);
  if (old_outcome == new_outcome) return std::nullopt;
  return Change{std::move(old_outcome), std::move(new_outcome), rule_of(was) + " -> " + rule_of(is)};
}

// The parts of the week with the same change, as "Fri 15:00-24:00, Sat 00:00-06:00 Europe/Berlin".
std::vector<Timed> timed(const WeekParts& week, const std::vector<std::optional<Change>>& changes) {
  std::map<Change, std::string> spans;
  std::vector<Change> order;
  std::size_t i = 0;
  while (i < changes.size()) {
    std::size_t last = i;
    while (last + 1 < changes.size() && changes[last + 1] == changes[i]) ++last;
    if (changes[i]) {
      const bool is_new = !spans.contains(*changes[i]);
      if (is_new) order.push_back(*changes[i]);
      const std::string &from = week.parts[i].begins, &to = week.parts[last].ends;
      const bool one_day = from.substr(0, 3) == to.substr(0, 3) && from < to;
      const bool whole = last - i + 1 == changes.size();
      std::string& span = spans[*changes[i]];
      span += (span.empty() ? "" : ", ") + (whole ? "always" : from + "-" + (one_day ? to.substr(4) : to));
    }
    i = last + 1;
  }
  std::vector<Timed> out;
  for (const Change& each : order) {
    const std::string& span = spans[each];
    out.emplace_back(span == "always" ? span : span + " " + week.zone, each);
  }
  return out;
}

// Lines that differ in one column alone become one line; that column then lists them, or says that it is all of them.
class Table {
 public:
  static constexpr std::size_t kColumns = 8;  // who, profiles, ways, facts, when, before, after, rules
  using Line = std::array<std::string, kColumns>;

  void add(Line line) { lines_.push_back(std::move(line)); }

  void fold(std::size_t column, std::size_t all, const std::string& all_word) {
    std::map<Line, std::vector<std::string>> folded;
    std::vector<Line> order;
    for (const Line& line : lines_) {
      Line key = line;
      key[column].clear();
      auto& values = folded[key];
      if (values.empty()) order.push_back(key);
      values.push_back(line[column]);
    }
    lines_.clear();
    for (Line key : order) {
      key[column] = listed(folded[key], all, all_word);
      lines_.push_back(std::move(key));
    }
  }
  [[nodiscard]] const std::vector<Line>& lines() const { return lines_; }

 private:
  static constexpr std::size_t kShown = 8;
  static std::string listed(const std::vector<std::string>& values, std::size_t all, const std::string& all_word) {
    if (values.size() == all && all > 1) return all_word;
    std::string out;
    for (std::size_t i = 0; i < std::min(values.size(), kShown); ++i) out += (i == 0 ? "" : ", ") + values[i];
    if (values.size() > kShown) out += " and " + std::to_string(values.size() - kShown) + " more";
    return out;
  }
  std::vector<Line> lines_;
};

std::string way_words(const Way& way) {
  return std::string(word(way.mode)) + (way.via ? " by " + std::string(word(*way.via)) : "");
}

void ask_all_week(const Policy& before, const Policy& after, const Asked& asked, PolicyQuery query, Table::Line line,
                  Table& table) {
  std::vector<std::optional<Change>> changes;
  for (const WeekPart& part : asked.week.parts) {
    query.now = part.start;
    changes.push_back(change_of(before, after, query));
  }
  for (const auto& [when, change] : timed(asked.week, changes)) {
    line[4] = when;
    std::tie(line[5], line[6], line[7]) = change;
    table.add(line);
  }
}

std::vector<Table::Line> changes_in_week(const Policy& before, const Policy& after, const Asked& asked) {
  Table table;
  for (const AskedName& profile : asked.profiles) {
    for (const AskedName& user : asked.users) {
      for (const AskedFacts& facts : asked.facts) {
        for (const Way& way : kWays) {
          PolicyQuery query = facts.known;
          query.profile = profile.name;
          query.user = user.name;
          query.mode = way.mode;
          query.transport = way.via;
          const std::string known = facts.label.empty() ? "nothing else known" : facts.label;
          ask_all_week(before, after, asked, std::move(query),
                       {user.label, profile.label, way_words(way), known, {}, {}, {}, {}}, table);
        }
      }
    }
  }
  table.fold(2, std::size(kWays), "any mode");
  table.fold(3, asked.facts.size(), "whatever else is known");
  table.fold(0, asked.users.size(), "everybody");
  table.fold(1, asked.profiles.size(), "every profile");
  return table.lines();
}

void leave_out(std::vector<AskedName>& names, std::size_t most, const char* what, std::vector<std::string>& said) {
  if (names.size() <= most) return;
  said.push_back("only " + std::to_string(most) + " of " + std::to_string(names.size()) + " " + what +
                 " were asked for");
  names.erase(names.begin(), names.end() - static_cast<std::ptrdiff_t>(most));  // "anybody else" stays
}

void bound(Asked& asked, std::vector<std::string>& said) {
  const auto rest = [&] { return asked.facts.size() * std::size(kWays) * asked.week.parts.size(); };
  if (rest() * asked.users.size() * asked.profiles.size() <= kMaxQuestions) return;
  const std::size_t most_facts = 64;
  if (asked.facts.size() > most_facts) {
    said.push_back("only " + std::to_string(most_facts) + " of " + std::to_string(asked.facts.size()) +
                   " accounts, groups and devices were asked for");
    asked.facts.resize(most_facts);
  }
  const std::size_t names = std::max<std::size_t>(kMaxQuestions / rest(), 16);
  const std::size_t users = std::max<std::size_t>(std::min(asked.users.size(), names / asked.profiles.size()), 4);
  leave_out(asked.users, users, "users", said);
  leave_out(asked.profiles, std::max<std::size_t>(names / asked.users.size(), 4), "profiles", said);
}

DecisionChange decision(const Table::Line& line, const std::string& season) {
  return {line[0], line[1], line[2], line[3], line[4] + season, line[5], line[6], line[7]};
}

}  // namespace

std::vector<RuleChange> compare_rules(const Policy& before, const Policy& after) {
  std::vector<RuleChange> out;
  const std::map<std::string, Place> was = places_of(before), is = places_of(after);
  for (const Rule& rule : before.rules) {
    if (!is.contains(rule.name)) out.push_back({RuleChange::Kind::kRemoved, rule.name, {}});
  }
  std::vector<Place> kept;
  for (const Rule& rule : after.rules) {
    if (const auto old_place = was.find(rule.name); old_place != was.end()) kept.push_back(old_place->second);
  }
  const std::vector<bool> moved = moved_among(kept);
  std::size_t at = 0;
  for (const Rule& rule : after.rules) {
    const auto old_place = was.find(rule.name);
    if (old_place == was.end()) {
      out.push_back({RuleChange::Kind::kAdded, rule.name, {"at place " + std::to_string(is.at(rule.name) + 1)}});
      continue;
    }
    if (moved[at++]) {
      out.push_back({RuleChange::Kind::kMoved,
                     rule.name,
                     {"from place " + std::to_string(old_place->second + 1) + " to place " +
                      std::to_string(is.at(rule.name) + 1)}});
    }
    std::vector<std::string> members = changed_members(before.rules[old_place->second], rule);
    if (!members.empty()) out.push_back({RuleChange::Kind::kChanged, rule.name, std::move(members)});
  }
  return out;
}

PolicyDifference compare_policies(const Policy& before, const Policy& after) {
  PolicyDifference out;
  out.same_text = before.sha256 == after.sha256;
  out.rules = compare_rules(before, after);
  const Policy* const both[] = {&before, &after};
  Asked asked{asked_profiles(both), asked_users(both), asked_facts(both), week_parts(both, false)};
  bound(asked, out.sampled);
  const std::vector<Table::Line> winter = changes_in_week(before, after, asked);
  std::vector<Table::Line> summer = winter;
  if (asked.week.several_zones) {
    asked.week = week_parts(both, true);
    summer = changes_in_week(before, after, asked);
  }
  const bool seasons = summer != winter;
  for (const Table::Line& line : winter) out.decisions.push_back(decision(line, seasons ? " (in January)" : ""));
  if (!seasons) return out;
  for (const Table::Line& line : summer) out.decisions.push_back(decision(line, " (in July)"));
  return out;
}

// ---- said

namespace {

std::string_view kind_word(RuleChange::Kind kind) {
  switch (kind) {
    case RuleChange::Kind::kAdded:
      return "added";
    case RuleChange::Kind::kRemoved:
      return "removed";
    case RuleChange::Kind::kMoved:
      return "moved";
    case RuleChange::Kind::kChanged:
      return "changed";
  }
  return "changed";
}

bool permits(const std::string& outcome) { return outcome.starts_with("allow"); }

}  // namespace

void say_difference(const PolicyDifference& difference, ToolOutput& out) {
  if (difference.same()) {
    return out.line(difference.same_text ? "the texts are the same"
                                         : "the texts differ, and no rule and no decision does");
  }
  for (const RuleChange& each : difference.rules) {
    const bool one = each.details.size() == 1;
    out.line("rule " + harmless(in_quotes(each.rule)) + " " + out.ink(Ink::kStrong, kind_word(each.kind)) +
             (one ? ": " + harmless(each.details[0]) : ""));
    for (const std::string& detail : each.details) {
      if (!one) out.line("    " + harmless(detail));
    }
  }
  for (const DecisionChange& each : difference.decisions) {
    const bool wider = permits(each.after) && !permits(each.before);
    const bool narrower = permits(each.before) && !permits(each.after);
    const std::string change = each.before + " -> " + each.after;
    const std::string facts = each.facts == "whatever else is known" || each.facts.empty() ? "" : ", " + each.facts;
    out.line(harmless(each.who + ", " + each.profiles + ", " + each.ways + facts + ": " + each.when + ": ") +
             out.ink(wider      ? Ink::kGood
                     : narrower ? Ink::kBad
                                : Ink::kWarn,
                     change) +
             " (" + harmless(each.rules) + ")");
  }
  if (difference.decisions.empty()) out.line("no decision differs");
  for (const std::string& each : difference.sampled) out.line(out.ink(Ink::kWarn, "note: " + each));
}

std::string difference_json(const PolicyDifference& difference) {
  JsonText json;
  json.open_object().boolean("same", difference.same()).boolean("same_text", difference.same_text);
  json.open_list("rules");
  for (const RuleChange& each : difference.rules) {
    json.open_object().text("change", kind_word(each.kind)).text("rule", each.rule).open_list("details");
    for (const std::string& detail : each.details) json.text({}, detail);
    json.close_list().close_object();
  }
  json.close_list().open_list("decisions");
  for (const DecisionChange& each : difference.decisions) {
    json.open_object().text("who", each.who).text("profiles", each.profiles).text("ways", each.ways);
    json.text("facts", each.facts).text("when", each.when).text("before", each.before).text("after", each.after);
    json.text("rules", each.rules).close_object();
  }
  json.close_list().open_list("sampled");
  for (const std::string& each : difference.sampled) json.text({}, each);
  json.close_list().close_object();
  return std::move(json).finish();
}

}  // namespace broker
