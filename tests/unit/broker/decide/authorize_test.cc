// The only yes: what must be refused, in which order the checks speak, and that a Permit comes from all of them
// passing.
#include "decide/authorize.h"

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

class AuthorizerTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(ipc::SecretArena::open()); }

  void SetUp() override {
    run_.principal.user = "marta";
    run_.profile = "ledger-prod";
    run_.source.has_role = true;
    token_ = ipc::SecretBuffer::copy_of(kToken);
    run_.token = &token_;
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
  ipc::SecretBuffer token_;
  broker::Run run_;
  broker::OverrideSource overrides_;
  int policy_asked_ = 0;
};

TEST_F(AuthorizerTest, RefusesForEveryCheckButPassed) {
#define CHECK(code, name, text) \
  EXPECT_EQ(Check::code == Check::kPassed ? "permit" : name, outcome(Check::code, kToken, allowing()));
#include "caller/checks.def"
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

// Neither the right token behind the word nor another: it is the form that is wrong, and the sentence says so.
TEST_F(AuthorizerTest, TellsAWordInFrontOfTheTokenFromAWrongToken) {
  for (const std::string presented : {"Bearer the token of this run", "bearer x", "BEARER", "Basic eDp5", "Token x"}) {
    EXPECT_EQ("token-scheme", outcome(Check::kPassed, presented, allowing())) << presented;
  }
  for (const std::string presented : {"Bearers x", "xBearer y", "Bearer\tx"}) {
    EXPECT_EQ("token-wrong", outcome(Check::kPassed, presented, allowing())) << presented;
  }
  const auto answer = ask(Check::kPassed, "Bearer the token of this run", allowing());
  EXPECT_NE(std::string::npos, std::get<Refusal>(answer).sentence.find("Bearer"));
  EXPECT_NE(std::string::npos, std::get<Refusal>(answer).next_step.find("AWS_CONTAINER_AUTHORIZATION_TOKEN"));
}

TEST_F(AuthorizerTest, RefusesEveryTokenWhileTheRunHasNone) {
  token_ = ipc::SecretBuffer();
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

// `require_approval` is no yes.
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

TEST(Refused, NoWordIsSaidTwice) {
  Verdict nothing;
  nothing.reason = "no matching rule";
  EXPECT_EQ("no rule of the policy matches", broker::refused_by_policy(nothing).sentence);
  nothing.reason = "no matching rule: rule \"r\" does not match, device: it is unknown";
  EXPECT_EQ("no rule of the policy matches: rule \"r\" does not match, device: it is unknown",
            broker::refused_by_policy(nothing).sentence);
  EXPECT_EQ("policy rule \"ledger\" answers deny",
            broker::refused_by_policy(denying("deny", "rule \"ledger\" denies it")).sentence);
}

TEST(Refused, TheNextStepIsTheLineThatExplains) {
  Verdict verdict = denying("deny", "frozen");
  EXPECT_EQ("ask those who keep the policy", broker::refused_by_policy(verdict).next_step);
  verdict.explain_line = "sentinel policy explain /p --user marta";
  EXPECT_EQ("this shows how it was judged: sentinel policy explain /p --user marta",
            broker::refused_by_policy(verdict).next_step);
}

TEST(Refused, AUserOfThePolicyWhoIsNoLoginIsTold) {
  broker::Run run;
  EXPECT_EQ("", broker::who_to_policy(run)) << "nothing is known yet";
  run.login = "desk";
  run.principal = {"arn:aws:iam::111122223333:user/broker", "111122223333", "user", "broker"};
  EXPECT_EQ("you are 'broker' to the policy, the IAM user of the key", broker::who_to_policy(run));
  EXPECT_EQ("policy rule \"ledger\" answers deny; you are 'broker' to the policy, the IAM user of the key",
            broker::refused_by_policy(denying("deny", ""), broker::who_to_policy(run)).sentence);
  run.login = "broker";
  EXPECT_EQ("", broker::who_to_policy(run));
  run.principal.type = "assumed-role";
  run.principal.user.clear();
  EXPECT_NE(std::string::npos, broker::who_to_policy(run).find("no name to the policy"));
}

// What a client hears that passed every check, and what nobody else may.
TEST_F(AuthorizerTest, OnlyThePolicysOwnReasonIsForTheClient) {
  const auto told = [&](Check caller, std::string_view presented, ipc::Result<Verdict> verdict) {
    return std::get<Refusal>(ask(caller, presented, std::move(verdict))).told;
  };
  EXPECT_EQ("", told(Check::kOutsideTree, kToken, denying("deny", "frozen")));
  EXPECT_EQ("", told(Check::kPassed, "wrong", denying("deny", "frozen")));
  EXPECT_EQ("", told(Check::kPassed, kToken, ipc::fail(ipc::Fault::kConfig, "/etc/p.yaml:3: no")));
  Verdict explained = denying("deny", "frozen");
  explained.explain_line = "sentinel policy explain /p";
  EXPECT_EQ("policy rule 'ledger' answers deny: frozen", told(Check::kPassed, kToken, explained));
}

// ---- what a permit permits -----------------------------------------------------------------------------------------

TEST_F(AuthorizerTest, PolicyIsNotAskedForAStranger) {
  ask(Check::kOutsideTree, kToken, allowing());
  ask(Check::kPassed, "wrong", allowing());
  ask(Check::kPassed, "", allowing());
  EXPECT_EQ(policy_asked_, 0);
  ask(Check::kPassed, kToken, allowing());
  EXPECT_EQ(policy_asked_, 1);
}

TEST_F(AuthorizerTest, ALifetimeThatStsCannotIssueIsRefusedAndBlamedOnItsRule) {
  Verdict verdict = allowing();
  verdict.max_server_duration = 899s;
  const auto answer = ask(Check::kPassed, kToken, verdict);
  ASSERT_TRUE(std::holds_alternative<Refusal>(answer));
  const Refusal& refusal = std::get<Refusal>(answer);
  EXPECT_EQ(refusal.check, "lifetime");
  EXPECT_EQ(refusal.sentence, "rule \"ledger\" caps the lifetime below the 15 minutes that STS can issue");
}

TEST_F(AuthorizerTest, APermitCarriesTheRulesCapsAndItsNarrowing) {
  Verdict verdict = allowing();
  run_.duration = 1h;
  verdict.max_duration = 20min;
  verdict.narrowing = std::make_shared<const broker::Narrowing>(broker::Narrowing{"", {}, {}, {}, {}, 2min});
  const auto answer = ask(Check::kPassed, kToken, verdict);
  ASSERT_TRUE(std::holds_alternative<Permit>(answer));
  const broker::IssueTerms& terms = std::get<Permit>(answer).terms();
  EXPECT_EQ(terms.user, "marta");
  EXPECT_EQ(terms.marker, "direct");
  EXPECT_EQ(terms.lifetime, (broker::Lifetime{2min, 15min, true}));
  EXPECT_EQ(terms.narrowing, verdict.narrowing);
  EXPECT_FALSE(terms.no_later_than);
}

class OverriddenTest : public AuthorizerTest {
 protected:
  void SetUp() override {
    AuthorizerTest::SetUp();
    approved_ = {"0123456789abcdef", "marta", "ledger-prod", broker::Approval::Status::kApproved, kNow - 10min,
                 kNow + 23h,         1h};
    overrides_ = [this]() -> ipc::Result<broker::Overrides> { return broker::Overrides{{approved_}, {}}; };
  }
  broker::Approval approved_;
};

TEST_F(OverriddenTest, NoApprovalLiftsACallersOrTokensRefusalOrABrokenPolicy) {
  EXPECT_EQ("peer-outside-tree", outcome(Check::kOutsideTree, kToken, allowing()));
  EXPECT_EQ("token-wrong", outcome(Check::kPassed, "wrong", allowing()));
  EXPECT_EQ("policy-unusable", outcome(Check::kPassed, kToken, ipc::fail(ipc::Fault::kConfig, "none")));
}

TEST_F(OverriddenTest, NoApprovalLiftsRequireServer) {
  Verdict verdict = denying("deny", "");
  verdict.requires_server_mode = true;
  EXPECT_EQ("policy", outcome(Check::kPassed, kToken, verdict));
  verdict.requires_server_mode = false;
  verdict.requires_session_tracking = true;
  EXPECT_EQ("policy", outcome(Check::kPassed, kToken, verdict));
}

TEST_F(OverriddenTest, AnothersApprovalLiftsNothing) {
  approved_.requester = "eve";
  EXPECT_EQ("policy", outcome(Check::kPassed, kToken, denying("deny", "")));
}

TEST_F(OverriddenTest, RecordsThatCannotBeReadLiftNothingAndSaySo) {
  overrides_ = []() -> ipc::Result<broker::Overrides> { return ipc::fail(ipc::Fault::kSystem, "the store is gone"); };
  const auto answer = ask(Check::kPassed, kToken, denying("deny", ""));
  ASSERT_TRUE(std::holds_alternative<Refusal>(answer));
  EXPECT_NE(std::get<Refusal>(answer).sentence.find("the store is gone"), std::string::npos);
}

TEST_F(OverriddenTest, AnApprovalThatEndsTooSoonIsBlamedForIt) {
  approved_.created_at = kNow - 46min;
  const auto answer = ask(Check::kPassed, kToken, denying("require_approval", ""));
  ASSERT_TRUE(std::holds_alternative<Refusal>(answer));
  EXPECT_EQ(std::get<Refusal>(answer).check, "lifetime");
  EXPECT_EQ(std::get<Refusal>(answer).sentence.find("approval 0123456789abcdef caps the lifetime"), 0u);
}

TEST_F(OverriddenTest, AnApprovalLiftsPolicyAndNothingOfWhatTheRuleLimits) {
  for (const char* effect : {"deny", "require_approval"}) {
    Verdict verdict = denying(effect, "ask first");
    verdict.max_duration = 15min;
    verdict.narrowing =
        std::make_shared<const broker::Narrowing>(broker::Narrowing{"", {}, {"203.0.113.0/24"}, {}, {}, {}});
    const Decision decision = decide(caller_with(Check::kPassed), kToken, verdict);
    ASSERT_TRUE(std::holds_alternative<Permit>(decision.outcome)) << effect;
    const broker::IssueTerms& terms = std::get<Permit>(decision.outcome).terms();
    EXPECT_EQ(terms.lifetime.granted, 15min);
    EXPECT_EQ(terms.narrowing, verdict.narrowing);
    EXPECT_EQ(terms.no_later_than, kNow + 50min);
    EXPECT_NE(terms.marker, "direct");
    ASSERT_TRUE(decision.lift);
    EXPECT_EQ(decision.lift->approval_id, approved_.id);
  }
}

TEST_F(OverriddenTest, WhatPolicyAllowsNeedsNoApprovalAndIsNotMarkedWithOne) {
  const Decision decision = decide(caller_with(Check::kPassed), kToken, allowing());
  EXPECT_FALSE(decision.lift);
  EXPECT_EQ(std::get<Permit>(decision.outcome).terms().marker, "direct");
}

}  // namespace
