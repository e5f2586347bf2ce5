// A difference that is told must be one, and one that is there must be told; both against the evaluator itself.
#include "study/diff/diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "policy/yaml/load.h"
#include "study/diff/week_words.h"

namespace broker {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

Policy policy_from(const std::string& rules) {
  auto policy = load_policy("version: \"1\"\nrules:\n" + rules, "test");
  EXPECT_TRUE(policy) << policy.error().what;
  return policy ? *policy : Policy{};
}

std::string rule(const std::string& name, const std::string& effect, const std::string& conditions,
                 const std::string& more = "") {
  return "  - name: " + name + "\n    effect: " + effect + "\n    conditions: " + conditions + "\n" +
         (more.empty() ? "" : "    " + more + "\n");
}

std::vector<std::string> rule_lines(const PolicyDifference& difference) {
  constexpr const char* kWords[] = {"added", "removed", "moved", "changed"};
  std::vector<std::string> out;
  for (const RuleChange& each : difference.rules) {
    std::string line = each.rule + " " + kWords[static_cast<int>(each.kind)];
    for (const std::string& detail : each.details) line += "; " + detail;
    out.push_back(line);
  }
  return out;
}

std::vector<std::string> decision_lines(const PolicyDifference& difference) {
  std::vector<std::string> out;
  for (const DecisionChange& each : difference.decisions) {
    out.push_back(each.who + " | " + each.profiles + " | " + each.ways + (each.facts.empty() ? "" : ", " + each.facts) +
                  " | " + each.when + " | " + each.before + " -> " + each.after);
  }
  return out;
}

PolicyDifference compare(const std::string& before, const std::string& after) {
  return compare_policies(policy_from(before), policy_from(after));
}

TEST(PolicyDiff, TheSamePolicyHasNoDifference) {
  const std::string text = rule("a", "allow", "{ profiles: [p], users: [u] }");
  const PolicyDifference difference = compare(text, text);
  EXPECT_TRUE(difference.same());
  EXPECT_TRUE(difference.same_text);
}

TEST(PolicyDiff, AReasonAloneChangesARuleAndNoDecision) {
  const PolicyDifference difference = compare(rule("a", "allow", "{ profiles: [p] }", "reason: one"),
                                              rule("a", "allow", "{ profiles: [p] }", "reason: two"));
  EXPECT_THAT(rule_lines(difference), ElementsAre("a changed; reason: one -> two"));
  EXPECT_THAT(difference.decisions, IsEmpty());
  EXPECT_FALSE(difference.same());
}

TEST(PolicyDiff, WhoGainsAndWhoLosesIsSaidByName) {
  const PolicyDifference difference = compare(rule("a", "allow", "{ profiles: [p], users: [anna, bert] }"),
                                              rule("a", "allow", "{ profiles: [p], users: [bert, cleo] }"));
  EXPECT_THAT(decision_lines(difference), ElementsAre("anna | p | any mode | always | allow -> deny",
                                                      "cleo | p | any mode | always | deny -> allow"));
}

TEST(PolicyDiff, AWindowThatMovesIsShownByItsOwnClock) {
  const auto freeze = [](const std::string& start) {
    return rule("freeze", "deny",
                "{ profiles: [p], time: { days: [friday], hours: { start: \"" + start +
                    "\", end: \"18:00\" }, timezone: Europe/Berlin } }") +
           rule("rest", "allow", "{ profiles: [p] }");
  };
  EXPECT_THAT(decision_lines(compare(freeze("15:00"), freeze("16:30"))),
              ElementsAre("everybody | p | any mode | Fri 15:00-16:30 Europe/Berlin | deny -> allow"));
}

TEST(PolicyDiff, AWindowInAnotherZoneIsToldForWinterAndForSummer) {
  const auto day = [](const std::string& zone) {
    return rule("day", "allow",
                "{ profiles: [p], time: { hours: { start: \"09:00\", end: \"17:00\" }, timezone: " + zone + " } }");
  };
  const auto lines = decision_lines(compare(day("UTC"), day("Europe/Berlin")));
  EXPECT_THAT(lines, Contains(HasSubstr("every day 08:00-09:00 UTC (in January) | deny -> allow")));
  EXPECT_THAT(lines, Contains(HasSubstr("every day 07:00-09:00 UTC (in July) | deny -> allow")));
  EXPECT_THAT(lines, Contains(HasSubstr("every day 16:00-17:00 UTC (in January) | allow -> deny")));
  EXPECT_THAT(lines, Contains(HasSubstr("every day 15:00-17:00 UTC (in July) | allow -> deny")));
  EXPECT_THAT(lines, SizeIs(4));
}

TEST(PolicyDiff, ACapIsADecision) {
  EXPECT_THAT(decision_lines(compare(rule("a", "allow", "{ profiles: [p] }", "max_server_duration: 20m"),
                                     rule("a", "allow", "{ profiles: [p] }"))),
              ElementsAre("everybody | p | any mode | always | allow, in server mode at most 20m -> allow"));
}

TEST(PolicyDiff, OrderIsToldByTheRuleThatMoved) {
  const std::string a = rule("a", "deny", "{ profiles: [p] }"), b = rule("b", "allow", "{ users: [u] }"),
                    c = rule("c", "allow", "{ profiles: [q] }");
  const PolicyDifference difference = compare(a + b + c, b + c + a);
  EXPECT_THAT(rule_lines(difference), ElementsAre("a moved; from place 1 to place 3"));
  EXPECT_THAT(decision_lines(difference), ElementsAre("u | p | any mode | always | deny -> allow"));
}

TEST(PolicyDiff, OneModeAloneIsNamed) {
  const PolicyDifference difference =
      compare(rule("a", "allow", "{ profiles: [p] }"), rule("a", "allow", "{ profiles: [p], mode: [server] }"));
  EXPECT_THAT(decision_lines(difference),
              ElementsAre("everybody | p | cli, credential_process | always | allow -> deny"));
}

TEST(PolicyDiff, ADeviceThatStartsToMatterIsToldWithItsKind) {
  const auto lines =
      decision_lines(compare(rule("a", "allow", "{ profiles: [p] }"),
                             rule("a", "allow", "{ profiles: [p], device: { require_encryption: true } }")));
  ASSERT_THAT(lines, SizeIs(1));
  EXPECT_THAT(lines[0], HasSubstr("nothing else known, bad device"));
  EXPECT_THAT(lines[0], Not(HasSubstr("good device")));
}

// More names than can be asked for: the work ends, and says so.
TEST(PolicyDiff, SaysWhatItLeftOut) {
  std::string before, after;
  for (int i = 0; i < 600; ++i) {
    const std::string n = std::to_string(i);
    before += rule("r" + n, "allow", "{ profiles: [p" + n + "], users: [u" + n + "] }");
    after += rule("r" + n, "deny", "{ profiles: [p" + n + "], users: [u" + n + "] }");
  }
  const PolicyDifference difference = compare(before, after);
  ASSERT_THAT(difference.sampled, SizeIs(1));
  EXPECT_THAT(difference.sampled[0], HasSubstr("is not shown"));
  EXPECT_THAT(difference.rules, SizeIs(600));
}

TEST(WeekWords, AreShort) {
  constexpr int kDay = 24 * 60;
  EXPECT_EQ("always", week_words({{600, 7 * kDay}}, "UTC"));
  EXPECT_EQ("Mon-Wed 07:30-19:30 UTC", week_words({{450, 720}, {kDay + 450, 720}, {2 * kDay + 450, 720}}, "UTC"));
  EXPECT_EQ("Mon, Tue all day UTC", week_words({{0, kDay}, {kDay, kDay}}, "UTC"));
  EXPECT_EQ("Fri 15:00-24:00 UTC", week_words({{4 * kDay + 900, 540}}, "UTC"));
  EXPECT_EQ("Sun 22:00-06:00 (overnight) UTC", week_words({{6 * kDay + 1320, 480}}, "UTC"));
  EXPECT_EQ("Fri 23:59 to Fri 15:00 UTC", week_words({{4 * kDay + 1439, 7 * kDay - 539}}, "UTC"));
}

}  // namespace
}  // namespace broker
