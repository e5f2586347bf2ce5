// No request waits for Parameter Store; a policy that cannot be refreshed for five minutes is no policy any more.
#include "policy/source/parameter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "aws_fakes.h"
#include "signed_policies.h"
#include "text/json_value.h"

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

const std::string kParameterName = "/sentinel/policies/default";
// What a fetch that the network does not carry says in the end.
const std::string kSilence =
    "the SSM parameter '" + kParameterName + "' could not be read: GetParameter: the network said no";

std::string parameter_json(const std::string& name, const std::string& value) {
  return R"({"Name":)" + broker::quoted(name) + R"(,"Value":)" + broker::quoted(value) + R"(,"Version":1})";
}

class PolicyParameterTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(ipc::SecretArena::open()); }
  void SetUp() override {
    aws_.use(testing::long_term_key());
    aws_.context.jitter = [] { return 0.0; };  // tries follow each other at once, so that the clock stands still
  }
  // The fetch under way is answered with this policy, and with its signature where one is demanded.
  void answer(const std::string& text) {
    if (verifier_->enforces()) return answer_pair(text, testing::sign(kParameterName, ++version_, text));
    aws_.http.answer(200, R"({"Parameter":)" + parameter_json(kParameterName, text) + "}");
  }
  void answer_pair(const std::string& text, const std::string& envelope) {
    const std::string signature = parameter_json(signature_parameter(kParameterName), envelope);
    aws_.http.answer(200, R"({"Parameters":[)" + parameter_json(kParameterName, text) + "," + signature + "]}");
  }
  // All its tries fail.
  void fail() {
    ASSERT_EQ(aws_.http.waiting(), 1u);
    while (aws_.http.waiting() > 0) {
      aws_.http.fail(ipc::Fault::kUnavailable);
      aws_.timers.pass(seconds(0));
    }
  }
  std::string rule_at(Clock::SinceBoot now) {
    const auto policy = source_->current(now);
    return policy ? (*policy)->rules.at(0).name : policy.error().what;
  }
  // What `refuse` answers is in force at once, and until a good policy comes.
  void expect_refused_at_once(const std::function<void()>& refuse, const std::string& sentence) {
    source_ = make();
    start();
    answer(text_of_policy("one"));
    source_->refresh();
    refuse();
    EXPECT_EQ(rule_at(clock_.since_boot()), sentence);
    EXPECT_EQ(told_, std::vector<std::string>{sentence});
    EXPECT_FALSE(source_->stale_for(clock_.since_boot())) << "there is nothing that could be stale";
    source_->refresh();
    fail();
    EXPECT_EQ(rule_at(clock_.since_boot()), sentence) << "unreachability brings nothing back";
    source_->refresh();
    answer(text_of_policy("one"));
    EXPECT_EQ(rule_at(clock_.since_boot()), "one");
    told_.clear();
  }

  testing::FakeAws aws_;
  testing::FakeClock& clock_ = aws_.clock;
  std::unique_ptr<PolicyVerifier> verifier_ = verifier({});
  std::uint64_t version_ = 0;  // of the signature
  std::vector<std::string> told_;
  std::vector<std::string> stale_;
  PolicyFreshness freshness_;
  std::unique_ptr<PolicyParameter> source_ = make();
  std::unique_ptr<PolicyVerifier> verifier(PolicyKey key) {
    return std::make_unique<PolicyVerifier>(aws_.context, testing::endpoint(), std::move(key), PolicyVersions());
  }
  std::unique_ptr<PolicyParameter> make() { return make(testing::endpoint()); }
  std::unique_ptr<PolicyParameter> make(ipc::Result<AwsEndpoint> ssm) {
    return std::make_unique<PolicyParameter>(
        nullptr, PolicyParameter::Parts{aws_.context, std::move(ssm), *verifier_}, kParameterName, freshness_,
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

// With a signature demanded of every policy.
class SignedPolicyParameterTest : public PolicyParameterTest {
 protected:
  void demand(PolicyKey key) {
    source_.reset();
    verifier_ = verifier(std::move(key));
    source_ = make();
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
  EXPECT_EQ(ready_, std::vector<std::string>{kSilence});
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
  EXPECT_THAT(rule_at(now + minutes(5) + seconds(1)), HasSubstr("could not be refreshed for 5 minutes: " + kSilence));
  EXPECT_TRUE(told_.empty());
}

TEST_F(PolicyParameterTest, AStalePolicyIsFetchedAgainAtTheRequestThatFindsItAndServedAfterwards) {
  start();
  answer(text_of_policy("one"));
  const auto woken = clock_.since_boot() + hours(8);
  EXPECT_THAT(rule_at(woken), HasSubstr("could not be refreshed"));
  ASSERT_EQ(aws_.http.waiting(), 1u);
  EXPECT_THAT(rule_at(woken), HasSubstr("could not be refreshed"));
  EXPECT_EQ(aws_.http.waiting(), 1u) << "one flight";
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
  expect_refused_at_once([this] { aws_.http.answer(400, R"({"__type":"ParameterNotFound"})"); },
                         "there is no SSM parameter '" + kParameterName + "'");
  expect_refused_at_once([this] { aws_.http.answer(400, R"({"__type":"AccessDeniedException","message":"no"})"); },
                         "reading the SSM parameter '" + kParameterName + "' is not allowed: AccessDeniedException: no");
  expect_refused_at_once([this] { aws_.http.answer(200, "nonsense"); },
                         "the answer to GetParameter for '" + kParameterName + "' is not JSON");
}

TEST_F(SignedPolicyParameterTest, ASignatureThatIsNotGoodRefusesAtOnceWithItsOwnSentence) {
  demand(testing::believed_key());
  expect_refused_at_once(
      [this] {
        aws_.http.answer(200, R"({"Parameters":[)" + parameter_json(kParameterName, text_of_policy("two")) + "]}");
      },
      "the policy " + kParameterName + " is not signed, and a signature is demanded here");
  const testing::KeyPair other = testing::make_rsa_pair(2048);
  const std::string text = text_of_policy("two");
  expect_refused_at_once([&] { answer_pair(text, testing::sign(kParameterName, 99, text, other)); },
                         "the policy " + kParameterName + " was not signed with the key fleet.pub");
}

// Whoever pushes a policy writes one of the two parameters first.
TEST_F(SignedPolicyParameterTest, APairThatIsBeingWrittenIsAskedForAgain) {
  demand(testing::believed_key());
  start();
  answer_pair(text_of_policy("one"), testing::sign(kParameterName, 1, text_of_policy("two")));
  EXPECT_EQ(aws_.http.waiting(), 0u);
  aws_.timers.pass(PolicyParameter::kTornPause);
  answer(text_of_policy("two"));
  EXPECT_EQ(ready_, std::vector<std::string>{"ready"});
  EXPECT_EQ(rule_at(clock_.since_boot()), "two");
}

TEST_F(SignedPolicyParameterTest, APairThatStaysTornIsNotUsedAndTheLastGoodOneGrowsOld) {
  demand(testing::believed_key());
  start();
  answer(text_of_policy("one"));
  source_->refresh();
  for (int tries = 0; tries <= PolicyParameter::kTornTries; ++tries) {
    ASSERT_EQ(aws_.http.waiting(), 1u) << tries;
    answer_pair(text_of_policy("two"), testing::sign(kParameterName, 2, text_of_policy("three")));
    aws_.timers.pass(PolicyParameter::kTornPause);
  }
  EXPECT_EQ(aws_.http.waiting(), 0u);
  EXPECT_EQ(rule_at(clock_.since_boot()), "one");
  ASSERT_EQ(stale_.size(), 1u);
  EXPECT_THAT(stale_[0], HasSubstr("do not belong together"));
}

TEST_F(SignedPolicyParameterTest, AVerdictOfKmsAfterTheEndFindsNobody) {
  PolicyKey key;
  key.kms = "alias/fleet";
  demand(std::move(key));
  start();
  answer(text_of_policy("one"));
  ASSERT_EQ(aws_.http.waiting(), 1u);
  source_.reset();
  aws_.http.answer(200, R"({"SignatureValid":true,"SigningAlgorithm":"RSASSA_PSS_SHA_256"})");
  EXPECT_TRUE(ready_.empty());
}

TEST_F(PolicyParameterTest, AProfileWithoutSsmIsToldAtOnce) {
  source_ = make(ipc::fail(ipc::Fault::kConfig, "no region is known"));
  start();
  EXPECT_EQ(ready_, std::vector<std::string>{"no region is known"});
  EXPECT_EQ(aws_.http.waiting(), 0u);
}

TEST_F(PolicyParameterTest, StalenessIsToldWhenItBeginsAndWhenItEndsAndHasAnAge) {
  start();
  answer(text_of_policy("one"));
  EXPECT_FALSE(source_->stale_for(clock_.since_boot()));
  for (int i = 0; i < 2; ++i) {
    source_->refresh();
    fail();
  }
  EXPECT_EQ(stale_, std::vector<std::string>{kSilence});
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
  clock_.pass(std::chrono::milliseconds(1));
  source_->refresh();
  fail();
  EXPECT_THAT(rule_at(clock_.since_boot()), HasSubstr("could not be refreshed: " + kSilence));
}

TEST_F(PolicyParameterTest, ALongerPollThanAgeIsNoStaleness) {
  freshness_ = {hours(1), minutes(5)};
  source_ = make();
  start();
  answer(text_of_policy("one"));
  EXPECT_EQ(rule_at(clock_.since_boot() + minutes(59)), "one");
  EXPECT_THAT(rule_at(clock_.since_boot() + minutes(61)), HasSubstr("could not be refreshed"));
}

TEST_F(SignedPolicyParameterTest, TheVersionIsThatOfTheSignature) {
  demand(testing::believed_key());
  version_ = 40;
  start();
  answer(text_of_policy("one"));
  EXPECT_EQ(source_->signed_version(), 41u);
  source_->refresh();
  answer(text_of_policy("one"));
  EXPECT_EQ(source_->signed_version(), 42u) << "the same text, signed anew";
}

TEST_F(PolicyParameterTest, OneFetchAtATime) {
  start();
  source_->refresh();
  source_->refresh();
  EXPECT_EQ(aws_.http.waiting(), 1u);
}

TEST_F(PolicyParameterTest, AnAnswerAfterTheEndFindsNobody) {
  start();
  source_.reset();
  EXPECT_EQ(aws_.http.waiting(), 0u);
  EXPECT_TRUE(ready_.empty());
}

TEST_F(PolicyParameterTest, ASecondAnswerToOneQuestionCannotCome) {
  start();
  answer(text_of_policy("one"));
  EXPECT_TRUE(aws_.http.requests.front()->cancelled);
  EXPECT_EQ(rule_at(clock_.since_boot()), "one");
}

}  // namespace
}  // namespace broker
