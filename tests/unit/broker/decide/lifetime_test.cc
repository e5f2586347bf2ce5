// The rule of lifetimes, said once over random questions; and the single cases that a reader looks for.
#include "decide/lifetime.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace broker {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;

LifetimeQuestion role_question(seconds wanted = 0s, Mode mode = Mode::kServer) {
  LifetimeQuestion question{wanted, mode};
  question.source.has_role = true;
  return question;
}

seconds granted(const LifetimeQuestion& question) {
  const auto lifetime = decide_lifetime(question);
  return lifetime ? lifetime->granted : -1s;
}

// ---- refusals ------------------------------------------------------------------------------------------------------

TEST(Lifetime, BelowFifteenMinutesIsRefusedUnlessAwsItselfEndsIt) {
  LifetimeQuestion question = role_question(1h);
  question.max_duration = 899s;
  const auto refused = decide_lifetime(question);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, ipc::Fault::kRefused);
  EXPECT_NE(refused.error().next_step.find("hard_expiry"), std::string::npos);
  question.hard_expiry = 1h;
  EXPECT_EQ(decide_lifetime(question).value(), (Lifetime{899s, 900s, true}));
}

TEST(Lifetime, LessThanAMinuteIsRefusedEvenUnderAHardExpiry) {
  LifetimeQuestion question = role_question(1h);
  question.hard_expiry = 2min;
  question.override_left = 59s;
  EXPECT_FALSE(decide_lifetime(question));
  question.override_left = 60s;
  EXPECT_EQ(granted(question), 60s);
  question.override_left = -1s;
  EXPECT_FALSE(decide_lifetime(question));
}

TEST(Lifetime, WithoutARoleAHardExpiryIsRefused) {
  LifetimeQuestion question{1h, Mode::kServer};
  question.hard_expiry = 2min;
  const auto refused = decide_lifetime(question);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().what.find("no role"), std::string::npos);
}

// Nobody can end them earlier than they end, so a rule that says when must find them short enough.
TEST(Lifetime, ATemporaryKeyWithoutARoleIsHandedOnAndNeverBeyondACap) {
  LifetimeQuestion question{1h, Mode::kServer};
  question.source.temporary_base = true;
  EXPECT_EQ(granted(question), 1h) << "nothing caps it";
  question.max_duration = 30min;
  EXPECT_FALSE(decide_lifetime(question)) << "nobody knows how long it lives";
  question.base_left = 30min + 1s;
  const auto refused = decide_lifetime(question);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().what.find("cannot be shortened"), std::string::npos);
  question.base_left = 30min;
  EXPECT_TRUE(decide_lifetime(question));
  question.override_left = 10min;
  EXPECT_FALSE(decide_lifetime(question)) << "it outlives the override";
  question.override_left = -90s;
  const auto over = decide_lifetime(question);
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().what.find('-'), std::string::npos) << over.error().what;
}

TEST(Lifetime, WhatStsNeverIssuesIsRefused) {
  EXPECT_EQ(granted(role_question(12h)), 12h);
  EXPECT_EQ(granted(role_question(12h + 1s)), -1s);
  EXPECT_EQ(granted({36h, Mode::kServer}), 36h);
  EXPECT_EQ(granted({36h + 1s, Mode::kServer}), -1s);
}

// ---- caps ----------------------------------------------------------------------------------------------------------

TEST(Lifetime, WithoutACapItIsTheModesDefault) {
  EXPECT_EQ(granted(role_question()), 15min);
  EXPECT_EQ(granted(role_question(0s, Mode::kCli)), 1h);
  EXPECT_EQ(granted(role_question(0s, Mode::kCredentialProcess)), 1h);
  LifetimeQuestion of_profile = role_question(0s, Mode::kCli);
  of_profile.source.profile_duration = 2h;
  EXPECT_EQ(granted(of_profile), 2h);
  of_profile.mode = Mode::kServer;
  EXPECT_EQ(granted(of_profile), 15min);
}

TEST(Lifetime, ACapNeverLengthensADefault) {
  for (const Mode mode : {Mode::kServer, Mode::kCli, Mode::kCredentialProcess}) {
    LifetimeQuestion question = role_question(0s, mode);
    const seconds plain = granted(question);
    question.max_server_duration = question.max_duration = question.override_left = question.hard_expiry = 4h;
    EXPECT_EQ(granted(question), plain);
  }
}

// Each of them alone, and both.
TEST(Lifetime, OfThePolicysCapAndTheOverridesTheSmallerWins) {
  LifetimeQuestion question = role_question(4h);
  question.max_duration = 20min;
  EXPECT_EQ(granted(question), 20min);
  question.override_left = 2h;
  EXPECT_EQ(granted(question), 20min);
  question.override_left = 16min;
  EXPECT_EQ(granted(question), 16min);
  question.max_duration.reset();
  EXPECT_EQ(granted(question), 16min);
}

TEST(Lifetime, TheServersCapHoldsInServerModeAlone) {
  LifetimeQuestion question = role_question(2h);
  question.max_server_duration = 20min;
  EXPECT_EQ(granted(question), 20min);
  for (const Mode mode : {Mode::kCli, Mode::kCredentialProcess}) {
    question.mode = mode;
    EXPECT_EQ(granted(question), 2h);
  }
  question.max_duration = 30min;
  EXPECT_EQ(granted(question), 30min);
}

TEST(Lifetime, AChainGetsAnHour) {
  LifetimeQuestion question = role_question(12h);
  question.source.chained = true;
  EXPECT_EQ(granted(question), 1h);
}

// ---- the rule ------------------------------------------------------------------------------------------------------

class RandomQuestions {
 public:
  LifetimeQuestion next() {
    LifetimeQuestion question;
    question.wanted = one_in(4) ? 0s : length();
    question.mode = static_cast<Mode>(pick(0, 2));
    question.source.has_role = !one_in(4);
    question.source.chained = question.source.has_role && one_in(3);
    question.source.temporary_base = one_in(8);
    if (question.source.has_role && one_in(2)) question.source.profile_duration = seconds(pick(900, 43200));
    for (auto* cap : {&question.max_server_duration, &question.max_duration, &question.override_left}) {
      if (one_in(2)) *cap = length();
    }
    if (one_in(3)) question.hard_expiry = seconds(pick(60, 43200));
    if (question.source.temporary_base && one_in(2)) question.base_left = length();
    return question;
  }

 private:
  int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
  bool one_in(int n) { return pick(1, n) == 1; }
  // Mostly around the edges.
  seconds length() {
    constexpr int kEdges[] = {0, 60, 900, 3600, 43200, 129600};
    if (one_in(2)) return seconds(kEdges[pick(0, 5)] + pick(-1, 1));
    return seconds(pick(1, 50000));
  }
  std::mt19937 random_{20260127};
};

seconds least_of(const std::vector<seconds>& caps) { return *std::ranges::min_element(caps); }

TEST(Lifetime, HoldsItsRuleForEveryCombination) {
  RandomQuestions questions;
  int issued = 0, refused = 0, hard = 0;
  for (int i = 0; i < 100'000; ++i) {
    const LifetimeQuestion q = questions.next();
    // The rule: defaults, then caps; refused for what AWS never issues, and for what falls below its floor.
    const seconds by_default = q.mode == Mode::kServer          ? 900s
                               : q.source.profile_duration > 0s ? q.source.profile_duration
                                                                : 3600s;
    const seconds start = q.wanted > 0s ? q.wanted : by_default;
    std::vector<seconds> caps;
    if (q.mode == Mode::kServer && q.max_server_duration) caps.push_back(*q.max_server_duration);
    if (q.max_duration) caps.push_back(*q.max_duration);
    if (q.override_left) caps.push_back(*q.override_left);
    if (q.source.chained) caps.push_back(3600s);
    if (q.hard_expiry) caps.push_back(*q.hard_expiry);
    const seconds least = caps.empty() ? start : std::min(start, *std::ranges::min_element(caps));
    const bool handed_on = !q.source.has_role && q.source.temporary_base;
    const bool outlives = handed_on && !caps.empty() && (!q.base_left || *q.base_left > least_of(caps));
    const bool never =
        (!q.source.has_role && q.hard_expiry) || outlives || start > (q.source.has_role ? 43200s : 129600s);
    const bool too_short = !handed_on && least < (q.hard_expiry ? 60s : 900s);

    const auto answer = decide_lifetime(q);
    ASSERT_EQ(!answer, never || too_short) << i;
    if (!answer) {
      ++refused;
      ASSERT_FALSE(answer.error().next_step.empty());
      continue;
    }
    ++issued;
    if (handed_on) {
      ASSERT_EQ(answer->granted, start) << i;
      continue;
    }
    hard += answer->hard_end ? 1 : 0;
    ASSERT_EQ(answer->granted, least) << i;
    for (const seconds cap : caps) ASSERT_LE(answer->granted, cap) << i;
    ASSERT_LE(answer->granted, start) << i;
    ASSERT_GE(answer->asked, 900s) << i;
    ASSERT_LE(answer->asked, q.source.has_role ? 43200s : 129600s) << i;
    ASSERT_TRUE(!q.source.chained || answer->asked <= 3600s) << i;
    ASSERT_EQ(answer->hard_end, q.hard_expiry.has_value()) << i;
    // STS may be asked for longer than what is granted only where AWS ends it earlier.
    ASSERT_TRUE(answer->asked == answer->granted || answer->hard_end) << i;
    // No cap makes it longer than it is without.
    for (auto member :
         {&LifetimeQuestion::max_server_duration, &LifetimeQuestion::max_duration, &LifetimeQuestion::override_left}) {
      LifetimeQuestion without = q;
      (without.*member).reset();
      const auto longer = decide_lifetime(without);
      ASSERT_TRUE(longer) << i;
      ASSERT_LE(answer->granted, longer->granted) << i;
    }
  }
  EXPECT_GT(issued, 10'000);
  EXPECT_GT(refused, 10'000);
  EXPECT_GT(hard, 5'000);
}

// What is handed on later is judged by the rule's cap, which a wish that is shorter does not hide.
TEST(Lifetime, WithoutARoleTheRulesCapIsKept) {
  LifetimeQuestion question{900s, Mode::kServer};
  question.max_duration = 2h;
  question.max_server_duration = 1h;
  EXPECT_EQ(decide_lifetime(question)->cap, 1h);
  question.mode = Mode::kCli;
  EXPECT_EQ(decide_lifetime(question)->cap, 2h);
  EXPECT_EQ(shortened({3600s, 3600s, false, 2h}, 1800s)->cap, 2h);
  question.source.temporary_base = true;
  question.base_left = 30min;
  EXPECT_EQ(decide_lifetime(question)->cap, 2h);
  question.source.has_role = true;
  EXPECT_EQ(decide_lifetime(question)->cap, std::nullopt) << "a role's keys are made to measure";
}

// Counting an override's time at the issue gives what deciding with it gave.
TEST(Lifetime, ShortenedLaterIsTheSameRule) {
  RandomQuestions questions;
  for (int i = 0; i < 20'000; ++i) {
    LifetimeQuestion q = questions.next();
    if (!q.source.has_role && q.source.temporary_base) continue;  // handed on: nothing can shorten them later
    const seconds left = q.override_left.value_or(1h);
    q.override_left.reset();
    const auto before = decide_lifetime(q);
    if (!before) continue;
    q.override_left = left;
    const auto at_once = decide_lifetime(q);
    const auto later = shortened(*before, left);
    ASSERT_EQ(at_once.has_value(), later.has_value()) << i;
    ASSERT_TRUE(!at_once || *at_once == *later) << i;
  }
}

}  // namespace
}  // namespace broker
