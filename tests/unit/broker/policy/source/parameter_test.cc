// No request waits for Parameter Store; a policy that cannot be refreshed for five minutes is no policy any more.
#include "policy/source/parameter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>

#include "aws_fakes.h"

namespace broker {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string text_of_policy(const std::string& rule) {
  return "version: \"1\"\nrules:\n  - name: " + rule + "\n    effect: allow\n    conditions: { profiles: [p] }\n";
}

class PolicyParameterTest : public ::testing::Test {
 protected:
  void answer(ipc::Result<FetchedPolicy> fetched) {
    ASSERT_FALSE(asked_.empty());
    const auto to = std::move(asked_.front());
    asked_.pop_front();
    to(std::move(fetched));
  }
  void answer(const std::string& text) { answer(FetchedPolicy{text, ++version_}); }
  void fail() { answer(ipc::fail(ipc::Fault::kUnavailable, "ssm.eu-west-1.amazonaws.com timed out")); }
  std::string rule_at(Clock::SinceBoot now) {
    const auto policy = source_->current(now);
    return policy ? (*policy)->rules.at(0).name : policy.error().what;
  }

  testing::FakeClock clock_;
  std::deque<PolicyParameter::Answer> asked_;
  std::int64_t version_ = 0;
  std::vector<std::string> told_;
  std::vector<std::string> stale_;
  PolicyFreshness freshness_;
  std::unique_ptr<PolicyParameter> source_ = make();
  std::unique_ptr<PolicyParameter> make() {
    return std::make_unique<PolicyParameter>(
        nullptr, clock_, "/sentinel/policies/default", freshness_,
        [this](PolicyParameter::Answer to) { asked_.push_back(std::move(to)); },
        [this](const ipc::Result<const Policy*>& policy) {
          told_.push_back(policy ? (*policy)->rules.at(0).name : policy.error().what);
        },
        [this](const ipc::Error* why) { stale_.push_back(why ? why->what : "fresh"); });
  }
  std::vector<std::string> ready_;
  void start() {
    source_->start([this](const ipc::Status& status) { ready_.push_back(status ? "ready" : status.error().what); });
  }
};

TEST_F(PolicyParameterTest, BeforeTheFirstAnswerEverythingIsRefusedAndNothingWaits) {
  start();
  EXPECT_THAT(rule_at(clock_.since_boot()), HasSubstr("has not been fetched yet"));
  EXPECT_TRUE(ready_.empty());
}

TEST_F(PolicyParameterTest, TheFirstFailureIsToldOnceWithItsReason) {
  start();
  fail();
  source_->refresh();
  fail();
  EXPECT_EQ(ready_, std::vector<std::string>{"ssm.eu-west-1.amazonaws.com timed out"});
  EXPECT_THAT(rule_at(clock_.since_boot()), HasSubstr("has not been fetched yet"));
}

TEST_F(PolicyParameterTest, AnInvalidFirstTextIsAFailureWithNameAndLine) {
  start();
  answer("version: \"1\"\nrules: []\n");
  ASSERT_EQ(ready_.size(), 1u);
  EXPECT_THAT(ready_[0], StartsWith("/sentinel/policies/default:2:8: "));
}

TEST_F(PolicyParameterTest, AFailedRefreshKeepsTheLastGoodOneForFiveMinutesOnly) {
  start();
  answer(text_of_policy("one"));
  const auto now = clock_.since_boot();
  source_->refresh();
  fail();
  EXPECT_EQ(rule_at(now + minutes(5) - seconds(1)), "one");
  EXPECT_THAT(rule_at(now + minutes(5) + seconds(1)), HasSubstr("could not be refreshed for 5 minutes: ssm.eu-west-1"));
  EXPECT_TRUE(told_.empty());
}

TEST_F(PolicyParameterTest, AStalePolicyIsFetchedAgainAtTheRequestThatFindsItAndServedAfterwards) {
  start();
  answer(text_of_policy("one"));
  const auto woken = clock_.since_boot() + hours(8);
  EXPECT_THAT(rule_at(woken), HasSubstr("could not be refreshed"));
  ASSERT_EQ(asked_.size(), 1u);
  EXPECT_THAT(rule_at(woken), HasSubstr("could not be refreshed"));
  EXPECT_EQ(asked_.size(), 1u) << "one flight";
  answer(text_of_policy("two"));
  EXPECT_EQ(rule_at(clock_.since_boot()), "two");
}

TEST_F(PolicyParameterTest, ARefreshedTextReplacesTheOldOneAndIsTold) {
  start();
  answer(text_of_policy("one"));
  source_->refresh();
  answer(text_of_policy("one"));
  EXPECT_TRUE(told_.empty());
  source_->refresh();
  answer(text_of_policy("two"));
  EXPECT_EQ(rule_at(clock_.since_boot()), "two");
  EXPECT_EQ(told_, std::vector<std::string>{"two"});
  EXPECT_EQ(ready_, std::vector<std::string>{"ready"});
}

TEST_F(PolicyParameterTest, AnInvalidRefreshRefusesAtOnceUntilAValidOneComes) {
  start();
  answer(text_of_policy("one"));
  source_->refresh();
  answer("rules: []");
  EXPECT_THAT(rule_at(clock_.since_boot()), StartsWith("/sentinel/policies/default:1:8: "));
  source_->refresh();
  fail();
  EXPECT_THAT(rule_at(clock_.since_boot()), StartsWith("/sentinel/policies/default:1:8: "));
  source_->refresh();
  answer(text_of_policy("one"));
  EXPECT_EQ(rule_at(clock_.since_boot()), "one");
}

TEST_F(PolicyParameterTest, WhatIsNoUnreachabilityRefusesAtOnceWithItsOwnSentence) {
  for (const ipc::Fault fault : {ipc::Fault::kRefused, ipc::Fault::kConfig, ipc::Fault::kProtocol}) {
    source_ = make();
    start();
    answer(text_of_policy("one"));
    source_->refresh();
    answer(ipc::fail(fault, "the policy is not signed"));
    EXPECT_EQ(rule_at(clock_.since_boot()), "the policy is not signed");
    EXPECT_EQ(told_, std::vector<std::string>{"the policy is not signed"});
    EXPECT_FALSE(source_->stale_for(clock_.since_boot())) << "there is nothing that could be stale";
    source_->refresh();
    fail();
    EXPECT_EQ(rule_at(clock_.since_boot()), "the policy is not signed") << "unreachability brings nothing back";
    source_->refresh();
    answer(text_of_policy("one"));
    EXPECT_EQ(rule_at(clock_.since_boot()), "one");
    told_.clear();
  }
}

TEST_F(PolicyParameterTest, StalenessIsToldWhenItBeginsAndWhenItEndsAndHasAnAge) {
  start();
  answer(text_of_policy("one"));
  EXPECT_FALSE(source_->stale_for(clock_.since_boot()));
  for (int i = 0; i < 2; ++i) {
    source_->refresh();
    fail();
  }
  EXPECT_EQ(stale_, std::vector<std::string>{"ssm.eu-west-1.amazonaws.com timed out"});
  EXPECT_EQ(source_->stale_for(clock_.since_boot()), seconds(1));
  EXPECT_GE(source_->stale_for(clock_.since_boot() + minutes(2)).value_or(seconds(0)), seconds(120));
  source_->refresh();
  answer(text_of_policy("one"));
  EXPECT_EQ(stale_.back(), "fresh");
  EXPECT_EQ(stale_.size(), 2u);
  EXPECT_FALSE(source_->stale_for(clock_.since_boot() + minutes(2)));
}

TEST_F(PolicyParameterTest, WithAnAgeOfZeroAFailedRefreshRefusesAtOnce) {
  freshness_.max_age = seconds(0);
  source_ = make();
  start();
  answer(text_of_policy("one"));
  EXPECT_EQ(rule_at(clock_.since_boot() + seconds(59)), "one") << "between two refreshes that succeed it is fresh";
  source_->refresh();
  fail();
  EXPECT_THAT(rule_at(clock_.since_boot()), HasSubstr("could not be refreshed: ssm.eu-west-1"));
}

TEST_F(PolicyParameterTest, ALongerPollThanAgeIsNoStaleness) {
  freshness_ = {hours(1), minutes(5)};
  source_ = make();
  start();
  answer(text_of_policy("one"));
  EXPECT_EQ(rule_at(clock_.since_boot() + minutes(59)), "one");
  EXPECT_THAT(rule_at(clock_.since_boot() + minutes(61)), HasSubstr("could not be refreshed"));
}

TEST_F(PolicyParameterTest, TheVersionIsThatOfTheSignature) {
  start();
  answer(FetchedPolicy{text_of_policy("one"), 3, 41});
  EXPECT_EQ(source_->signed_version(), 41u);
  source_->refresh();
  answer(FetchedPolicy{text_of_policy("one"), 3, 42});
  EXPECT_EQ(source_->signed_version(), 42u) << "the same text, signed anew";
}

TEST_F(PolicyParameterTest, OneFetchAtATime) {
  start();
  source_->refresh();
  source_->refresh();
  EXPECT_EQ(asked_.size(), 1u);
}

TEST_F(PolicyParameterTest, AnAnswerAfterTheEndFindsNobody) {
  start();
  source_.reset();
  answer(text_of_policy("one"));
  EXPECT_TRUE(ready_.empty());
}

TEST_F(PolicyParameterTest, ASecondAnswerToOneQuestionIsIgnored) {
  start();
  const auto again = asked_.front();
  answer(text_of_policy("one"));
  again(FetchedPolicy{text_of_policy("two"), 2});
  EXPECT_EQ(rule_at(clock_.since_boot()), "one");
}

}  // namespace
}  // namespace broker
