// The only yes: what must be refused, in which order the checks speak, and that a Permit comes from all of them
// passing.
#include "authorize.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace {

using broker::Authorizer;
using broker::CallerFacts;
using broker::Check;
using broker::Decision;
using broker::Permit;
using broker::Question;
using broker::Refusal;
using broker::Verdict;
using namespace std::chrono_literals;

static_assert(!std::is_default_constructible_v<Permit>, "only authorize() makes a Permit");
static_assert(!std::is_copy_constructible_v<Permit> && !std::is_copy_assignable_v<Permit>);
static_assert(!std::is_default_constructible_v<broker::RecordedPermit>, "only the decision log makes a RecordedPermit");
static_assert(!std::is_copy_constructible_v<broker::RecordedPermit>);
static_assert(!std::is_constructible_v<broker::RecordedPermit, Permit>, "no way round the decision log");

constexpr std::string_view kToken = "the token of this run";

CallerFacts caller_with(Check check) {
  CallerFacts caller;
  caller.check = check;
  return caller;
}

Verdict allowing() {
  Verdict verdict;
  verdict.allowed = true;
  verdict.effect = "allow";
  verdict.rule = "ledger";
  verdict.rule_index = 0;
  return verdict;
}

Verdict denying(std::string effect, std::string reason) {
  Verdict verdict = allowing();
  verdict.allowed = false;
  verdict.effect = std::move(effect);
  verdict.reason = std::move(reason);
  return verdict;
}

class AuthorizerTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(ipc::SecretArena::open()); }

  void SetUp() override {
    run_.user = "marta";
    run_.profile = "ledger-prod";
    run_.source.has_role = true;
    run_.token = ipc::SecretBuffer::copy_of(kToken);
  }
  Decision decide(const CallerFacts& caller, std::string_view presented, const ipc::Result<Verdict>& verdict) {
    const Question question{run_,
                            [&] {
                              ++policy_asked_;
                              return verdict;
                            },
                            overrides_, kNow};
    return Authorizer::authorize(caller, presented, question);
  }
  std::variant<Permit, Refusal> ask(Check caller, std::string_view presented, const ipc::Result<Verdict>& verdict) {
    return decide(caller_with(caller), presented, verdict).outcome;
  }
  // The check that refused; "permit" where nothing did.
  std::string outcome(Check caller, std::string_view presented, const ipc::Result<Verdict>& verdict) {
    const auto answer = ask(caller, presented, verdict);
    const Refusal* const refusal = std::get_if<Refusal>(&answer);
    if (!refusal) return "permit";
    EXPECT_FALSE(refusal->sentence.empty());
    EXPECT_FALSE(refusal->next_step.empty()) << refusal->check;
    return refusal->check;
  }

  static constexpr std::chrono::sys_seconds kNow{1'800'000'000s};
  broker::Run run_;
  broker::OverrideSource overrides_;
  int policy_asked_ = 0;
};

TEST_F(AuthorizerTest, RefusesForEveryCheckButPassed) {
#define CHECK(code, name, text) \
  EXPECT_EQ(Check::code == Check::kPassed ? "permit" : name, outcome(Check::code, kToken, allowing()));
#include "caller_checks.def"
#undef CHECK
}

TEST_F(AuthorizerTest, RefusesACallerThatNobodyHasLookedAt) {
  EXPECT_TRUE(std::holds_alternative<Refusal>(decide(CallerFacts{}, kToken, allowing()).outcome));
}

TEST_F(AuthorizerTest, RefusesEveryOtherToken) {
  EXPECT_EQ("token-missing", outcome(Check::kPassed, "", allowing()));
  for (const std::string_view wrong :
       {"the token of this ru", "the token of this run ", "The token of this run", "x"}) {
    EXPECT_EQ("token-wrong", outcome(Check::kPassed, wrong, allowing())) << wrong;
  }
}

TEST_F(AuthorizerTest, RefusesEveryTokenWhileTheRunHasNone) {
  run_.token = ipc::SecretBuffer();
  EXPECT_EQ("token-missing", outcome(Check::kPassed, "", allowing()));
  EXPECT_EQ("token-wrong", outcome(Check::kPassed, kToken, allowing()));
}

TEST_F(AuthorizerTest, RefusesWithoutAPolicy) {
  const auto none = ipc::fail(ipc::Fault::kConfig, "policy.yaml:3: unknown key \"efect\"", "write effect");
  const auto answer = ask(Check::kPassed, kToken, none);
  const Refusal* const refusal = std::get_if<Refusal>(&answer);
  ASSERT_TRUE(refusal);
  EXPECT_EQ("policy-unusable", refusal->check);
  EXPECT_EQ("policy.yaml:3: unknown key \"efect\"", refusal->sentence);
  EXPECT_EQ("write effect", refusal->next_step);
  EXPECT_EQ("policy-unusable",
            outcome(Check::kPassed, kToken, ipc::fail(ipc::Fault::kConfig, "no advice with this one")));
}

TEST_F(AuthorizerTest, RefusesWhatThePolicyDoesNotAllow) {
  EXPECT_EQ("policy", outcome(Check::kPassed, kToken, denying("deny", "")));
  EXPECT_EQ("policy", outcome(Check::kPassed, kToken, denying("require_approval", "ask first")));
  EXPECT_EQ("policy", outcome(Check::kPassed, kToken, Verdict{}));
}

// Not the word decides but `allowed`: an effect that a later build adds is no yes.
TEST_F(AuthorizerTest, TheEffectsWordAloneIsNoYes) {
  EXPECT_EQ("policy", outcome(Check::kPassed, kToken, denying("allow", "")));
}

TEST_F(AuthorizerTest, TheCallerIsJudgedBeforeTheTokenAndTheTokenBeforeThePolicy) {
  EXPECT_EQ("peer-outside-tree", outcome(Check::kOutsideTree, "wrong", denying("deny", "")));
  EXPECT_EQ("peer-outside-tree", outcome(Check::kOutsideTree, "", ipc::fail(ipc::Fault::kConfig, "none")));
  EXPECT_EQ("token-wrong", outcome(Check::kPassed, "wrong", denying("deny", "")));
  EXPECT_EQ("token-missing", outcome(Check::kPassed, "", ipc::fail(ipc::Fault::kConfig, "none")));
}

TEST_F(AuthorizerTest, PermitsWhenCallerTokenAndPolicyAgree) {
  EXPECT_EQ("permit", outcome(Check::kPassed, kToken, allowing()));
}

TEST_F(AuthorizerTest, NoRefusalRepeatsAToken) {
  for (const Check caller : {Check::kPassed, Check::kOutsideTree, Check::kTokenWrong}) {
    const auto answer = ask(caller, "guess-1234", allowing());
    const Refusal& refusal = std::get<Refusal>(answer);
    const std::string all = refusal.check + refusal.sentence + refusal.next_step;
    EXPECT_EQ(std::string::npos, all.find("guess-1234"));
    EXPECT_EQ(std::string::npos, all.find(kToken));
  }
}

TEST(Refused, ByPolicySaysWhichRuleAndWhy) {
  EXPECT_EQ("policy rule \"ledger\" answers deny: frozen for the audit",
            broker::refused_by_policy(denying("deny", "frozen for the audit")).sentence);
  EXPECT_EQ("policy rule \"ledger\" answers deny", broker::refused_by_policy(denying("deny", "")).sentence);
  Verdict nothing;
  nothing.reason = "no rule matched";
  EXPECT_EQ("no rule of the policy matches (no rule matched)", broker::refused_by_policy(nothing).sentence);
}

}  // namespace
