// A policy judged at its edges: nothing asked, nothing named, each day and both sides of each minute.
#include <gtest/gtest.h>

#include <string>

#include "policy/evaluate.h"
#include "policy/yaml/load.h"

namespace broker {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

constexpr sys_seconds kMonday = sys_days(std::chrono::year(2026) / 1 / 5);

Policy policy_of_rules(const std::string& rules) {
  auto policy = load_policy("version: 1\nrules:\n" + rules, "test");
  EXPECT_TRUE(policy) << policy.error().what;
  return policy ? *policy : Policy{};
}
std::string rule_text(const std::string& name, const std::string& effect, const std::string& conditions) {
  return "  - name: " + name + "\n    effect: " + effect + "\n    conditions: { " + conditions + " }\n";
}
bool is_open(const std::string& time, sys_seconds instant) {
  return evaluate(policy_of_rules(rule_text("r", "allow", "time: { " + time + " }")), {"u", "p", Mode::kCli, instant}).allowed;
}
void expect_default_denial(const Verdict& verdict) {
  EXPECT_FALSE(verdict.allowed);
  EXPECT_EQ(verdict.effect, "deny");
  EXPECT_EQ(verdict.rule, "");
  EXPECT_EQ(verdict.rule_index, -1);
  EXPECT_EQ(verdict.reason, "no matching rule");
}

TEST(PolicyEvalEdges, WhatNoRuleMatchesIsDeniedWithIndexMinusOne) {
  const std::string rules = rule_text("a", "allow", "profiles: [p], users: [u]") + rule_text("b", "deny", "profiles: [q]");
  expect_default_denial(evaluate(policy_of_rules(rules), {"u", "other", Mode::kServer, kMonday}));
  expect_default_denial(evaluate(policy_of_rules(rules), {"other", "p", Mode::kServer, kMonday}));
  EXPECT_TRUE(evaluate(policy_of_rules(rules), {"u", "p", Mode::kServer, kMonday}).allowed);
}

TEST(PolicyEvalEdges, AQuestionThatNobodyFilledInIsDenied) {
  for (const char* effect : {"allow", "require_server", "require_server_session", "require_approval"}) {
    expect_default_denial(evaluate(policy_of_rules(rule_text("a", effect, "profiles: [p], users: [u]")), PolicyQuery{}));
  }
}

TEST(PolicyEvalEdges, AnEmptyUserOrProfileMatchesOnlyARuleThatListsNone) {
  const Policy lists = policy_of_rules(rule_text("users", "allow", "users: [{ glob: \"*\" }, u]") +
                                   rule_text("profiles", "allow", "profiles: [{ glob: \"*\" }, p]"));
  EXPECT_FALSE(evaluate(lists, {"", "", Mode::kCli, kMonday}).allowed);
  EXPECT_EQ(evaluate(lists, {"", "p", Mode::kCli, kMonday}).rule, "profiles");
  EXPECT_EQ(evaluate(lists, {"u", "", Mode::kCli, kMonday}).rule, "users");
  EXPECT_TRUE(evaluate(policy_of_rules(rule_text("any", "allow", "time: {}")), {"", "", Mode::kCli, kMonday}).allowed);
}

TEST(PolicyEvalEdges, NoPartOfANameAndNoOtherCaseMatchesEitherWay) {
  const Policy policy = policy_of_rules(rule_text("r", "allow", "profiles: [Prod-1], users: [ada.k]"));
  const std::string user = "ada.k", profile = "Prod-1";
  for (std::size_t cut = 0; cut < user.size(); ++cut) {
    EXPECT_FALSE(evaluate(policy, {user.substr(0, cut), profile, Mode::kCli, kMonday}).allowed) << cut;
    EXPECT_FALSE(evaluate(policy, {user.substr(cut + 1), profile, Mode::kCli, kMonday}).allowed) << cut;
  }
  for (const char* other : {"ada.k ", " ada.k", "ada.kk", "adaxk", "ADA.K", "ada.K"}) {
    EXPECT_FALSE(evaluate(policy, {other, profile, Mode::kCli, kMonday}).allowed) << other;
  }
  for (const char* other : {"Prod-10", "xProd-1", "Prod-1 ", "prod-1", "PROD-1", "Prod_1"}) {
    EXPECT_FALSE(evaluate(policy, {user, other, Mode::kCli, kMonday}).allowed) << other;
  }
  EXPECT_TRUE(evaluate(policy, {user, profile, Mode::kCli, kMonday}).allowed);
}

// The neighbours of both bounds, to the second that a question carries (the clock's own: run_profiles/run_decisions_test.cc).
TEST(PolicyEvalEdges, AWindowIsClosedBeforeItsStartAtItsEndAndAfterIt) {
  const std::string window = "hours: { start: \"09:00\", end: \"17:00\" }, timezone: UTC";
  EXPECT_FALSE(is_open(window, kMonday + 9h - 1s));
  EXPECT_FALSE(is_open(window, kMonday + 17h));
  EXPECT_FALSE(is_open(window, kMonday + 17h + 1s));
  EXPECT_FALSE(is_open(window, kMonday + 17h + 59s));
  EXPECT_TRUE(is_open(window, kMonday + 9h));
  EXPECT_TRUE(is_open(window, kMonday + 17h - 1s));
}

TEST(PolicyEvalEdges, MidnightIsTheFirstMinuteAndTheLastIsBeforeIt) {
  const std::string early = "hours: { start: \"00:00\", end: \"00:01\" }, timezone: UTC";
  EXPECT_FALSE(is_open(early, kMonday - 1s));
  EXPECT_FALSE(is_open(early, kMonday + 1min));
  EXPECT_TRUE(is_open(early, kMonday));
  EXPECT_TRUE(is_open(early, kMonday + 59s));
  const std::string late = "hours: { start: \"23:00\", end: \"23:59\" }, timezone: UTC";
  EXPECT_FALSE(is_open(late, kMonday + 24h - 1min));
  EXPECT_FALSE(is_open(late, kMonday + 24h));
  EXPECT_TRUE(is_open(late, kMonday + 24h - 1min - 1s));
}

TEST(PolicyEvalEdges, AWeekdayIsNoWeekendAndEachDayIsItself) {
  const std::string work = "days: [monday, tuesday, wednesday, thursday, friday], timezone: UTC";
  const std::string weekend = "days: [saturday, sunday], timezone: UTC";
  const char* const names[] = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};
  for (int day = 0; day < 7; ++day) {
    for (const auto hour : {0h, 12h, 23h}) {
      const sys_seconds instant = kMonday + std::chrono::days(day) + hour;
      EXPECT_EQ(is_open(work, instant), day < 5) << names[day];
      EXPECT_EQ(is_open(weekend, instant), day >= 5) << names[day];
      for (int other = 0; other < 7; ++other) {
        const std::string single = "days: [" + std::string(names[other]) + "], timezone: UTC";
        EXPECT_EQ(is_open(single, instant), other == day) << names[other] << " on " << names[day];
      }
    }
  }
}

TEST(PolicyEvalEdges, NothingAfterADenialIsRead) {
  const std::string rules = rule_text("stop", "deny", "users: [u]") + rule_text("a", "allow", "users: [u]") +
                            rule_text("b", "require_server", "profiles: [p]") + rule_text("c", "require_approval", "users: [u]");
  Trace trace;
  const Verdict verdict = evaluate(policy_of_rules(rules), {"u", "p", Mode::kServer, kMonday}, &trace);
  EXPECT_FALSE(verdict.allowed);
  EXPECT_EQ(verdict.rule, "stop");
  EXPECT_EQ(trace.decided_by, 0);
  EXPECT_TRUE(trace.passed_over.empty());
}

}  // namespace
}  // namespace broker
