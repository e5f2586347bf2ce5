#include "study/diff/diff.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "policy/evaluate.h"
#include "study/diff/probe_questions.h"
#include "study/diff/week_words.h"
#include "study/members.h"
#include "study/overlap.h"
#include "text/json_line.h"
#include "text/plain_text.h"

namespace broker {
namespace {

// What somebody gains or loses: why a denial denies is not part of it.
std::string outcome_of(const Verdict& verdict) {
  std::string out = verdict.effect;
  if (verdict.effect == word(Effect::kDeny)) return out;
  if (verdict.max_server_duration) out += ", in server mode at most " + in_words(*verdict.max_server_duration);
  if (verdict.max_duration) out += ", at most " + in_words(*verdict.max_duration);
  if (verdict.source_identity != SourceIdentity::kRequired)
    out += ", source_identity " + std::string(word(verdict.source_identity));
  if (!verdict.narrowing) return out;
  for (const auto& [key, value] : members_of(*verdict.narrowing)) out += ", " + key + " " + value;
  return out;
}

std::string rule_of(const Verdict& verdict) {
  return verdict.rule.empty() ? "no rule" : "rule " + in_quotes(verdict.rule);
}

// What changes at one time: before, after, and by which rules.
using Change = std::tuple<std::string, std::string, std::string>;
using Timed = std::pair<std::string, Change>;  // when, what

std::optional<Change> change_of(const Policy& before, const Policy& after, const PolicyQuery& query) {
  const Verdict was = evaluate(before, query), is = evaluate(after, query);
  std::string old_outcome = outcome_of(was), new_outcome = outcome_of(is);
  if (old_outcome == new_outcome) return std::nullopt;
  return Change{std::move(old_outcome), std::move(new_outcome), rule_of(was) + " -> " + rule_of(is)};
}

// The parts of the week with the same change, as "Mon-Fri 07:30-19:30 Europe/Berlin".
std::vector<Timed> timed(const WeekParts& week, const std::vector<std::optional<Change>>& changes) {
  const std::size_t count = changes.size();
  std::size_t first = 0;  // where something changes, so that no span is cut in two
  while (first < count && changes[first] == changes[(first + count - 1) % count]) ++first;
  std::map<Change, std::vector<WeekSpan>> spans;
  std::vector<Change> order;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = (first + i) % count;
    if (!changes[at]) continue;
    std::vector<WeekSpan>& of_change = spans[*changes[at]];
    if (of_change.empty()) order.push_back(*changes[at]);
    const WeekPart& part = week.parts[at];
    const bool goes_on = i > 0 && changes[(at + count - 1) % count] == changes[at];
    if (goes_on) {
      of_change.back().length += part.ends - part.begins;
    } else {
      of_change.push_back({part.begins, part.ends - part.begins});
    }
  }
  std::vector<Timed> out;
  for (const Change& each : order) out.emplace_back(week_words(spans[each], week.zone), each);
  return out;
}

// Lines that differ in one column alone become one line; that column then lists them, or says that it is all of them.
class ChangeTable {
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
    if (values.size() == all) return all_word;
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

// The rules of a policy without their windows: what else they ask decides which windows matter to a question.
std::vector<Rule> timeless(const Policy& policy) {
  std::vector<Rule> rules = policy.rules;
  for (Rule& rule : rules) rule.conditions.time.reset();
  return rules;
}

class Comparison {
 public:
  Comparison(const Policy& before, const Policy& after)
      : before_(before), after_(after), timeless_{timeless(before), timeless(after)} {
    const Policy* const both[] = {&before, &after};
    profiles_ = asked_profiles(both);
    users_ = asked_users(both);
    facts_ = asked_facts(both);
    const std::size_t rules = std::max<std::size_t>(before.rules.size() + after.rules.size(), 1);
    most_questions_ = std::min(kMaxQuestions, kMaxLooks / rules);
  }

  std::vector<DecisionChange> run(std::vector<std::string>& sampled) {
    for (const AskedName& profile : profiles_) {
      if (asked_ >= most_questions_) {
        sampled.push_back("the comparison ended after " + std::to_string(asked_) + " questions, before profile " +
                          in_quotes(profile.label) + ": what changes for it and those after it is not shown");
        break;
      }
      for (const AskedName& user : users_) ask(profile, user);
    }
    table_.fold(2, std::size(kWays), "any mode");
    table_.fold(3, facts_.size(), kWhatever);
    table_.fold(0, users_.size(), "everybody");
    table_.fold(1, profiles_.size(), "every profile");
    std::vector<DecisionChange> out;
    for (const ChangeTable::Line& line : table_.lines()) out.push_back(decision(line));
    return out;
  }

 private:
  static constexpr std::size_t kMaxLooks = 200'000'000;  // at a rule: some seconds
  static constexpr char kWhatever[] = "whatever else is known";

  void ask(const AskedName& profile, const AskedName& user) {
    for (const AskedFacts& facts : facts_) {
      for (const Way& way : kWays) {
        PolicyQuery query = facts.known;
        query.profile = profile.name;
        query.user = user.name;
        query.mode = way.mode;
        query.transport = way.via;
        const std::string known = facts.label.empty() ? "nothing else known" : facts.label;
        ask_all_year(query, {user.label, profile.label, way_words(way), known, {}, {}, {}, {}});
      }
    }
  }

  void ask_all_year(const PolicyQuery& query, const ChangeTable::Line& line) {
    std::vector<const TimeWindow*> windows;
    add_windows(before_, timeless_[0], query, windows);
    add_windows(after_, timeless_[1], query, windows);
    const WeekParts winter = week_parts(windows, false);
    const std::vector<Timed> in_winter = ask_all_week(winter, query);
    if (!winter.several_zones) return add(in_winter, "", line);
    const std::vector<Timed> in_summer = ask_all_week(week_parts(windows, true), query);
    const bool same = in_winter == in_summer;
    add(in_winter, same ? "" : " (in January)", line);
    if (!same) add(in_summer, " (in July)", line);
  }

  // Of the rules that hold but for their window, up to the first that always does.
  static void add_windows(const Policy& policy, const std::vector<Rule>& timeless_rules, const PolicyQuery& query,
                          std::vector<const TimeWindow*>& out) {
    Moment moment(query.now);
    for (std::size_t i = 0; i < policy.rules.size(); ++i) {
      if (!match(timeless_rules[i], query, moment).holds) continue;
      const std::optional<TimeWindow>& time = policy.rules[i].conditions.time;
      if (!time) return;
      out.push_back(&*time);
    }
  }

  std::vector<Timed> ask_all_week(const WeekParts& week, PolicyQuery query) {
    std::vector<std::optional<Change>> changes;
    for (const WeekPart& part : week.parts) {
      query.now = part.start;
      changes.push_back(change_of(before_, after_, query));
      ++asked_;
    }
    return timed(week, changes);
  }

  void add(const std::vector<Timed>& found, const std::string& season, ChangeTable::Line line) {
    for (const auto& [when, change] : found) {
      line[4] = when + season;
      std::tie(line[5], line[6], line[7]) = change;
      table_.add(line);
    }
  }

  static DecisionChange decision(const ChangeTable::Line& line) {
    std::string ways = line[2];
    constexpr std::string_view kBoth = "server by unix, server by tcp";
    if (const std::size_t at = ways.find(kBoth); at != std::string::npos) ways.replace(at, kBoth.size(), "server");
    return {line[0], line[1], ways, line[3] == kWhatever ? "" : line[3], line[4], line[5], line[6], line[7]};
  }

  const Policy &before_, &after_;
  std::array<std::vector<Rule>, 2> timeless_;
  std::vector<AskedName> profiles_, users_;
  std::vector<AskedFacts> facts_;
  std::size_t asked_ = 0, most_questions_ = 0;
  ChangeTable table_;
};

}  // namespace

PolicyDifference compare_policies(const Policy& before, const Policy& after) {
  PolicyDifference out;
  out.same_text = before.sha256 == after.sha256;
  out.rules = compare_rules(before, after);
  out.decisions = Comparison(before, after).run(out.sampled);
  return out;
}

}  // namespace broker
