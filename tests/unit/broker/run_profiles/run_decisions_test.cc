// What is decided for a run: on the broker's own clock, in the run's real mode, and anew at each request.
#include "run_profiles/run_decisions.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "aws_fakes.h"
#include "policy/yaml/load.h"
#include "serve/policy_judge.h"

namespace broker {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

// In force until the test puts another in its place.
class HeldPolicy final : public PolicySource {
 public:
  void start(Ready ready) override { ready({}); }
  ipc::Result<const Policy*> current(Clock::SinceBoot) override {
    if (!policy) return std::unexpected(policy.error());
    return &*policy;
  }
  [[nodiscard]] std::optional<std::chrono::seconds> stale_for(Clock::SinceBoot) const override { return {}; }
  [[nodiscard]] std::uint64_t signed_version() const override { return 0; }
  ipc::Result<Policy> policy = ipc::fail(ipc::Fault::kUnavailable, "the policy has not been fetched yet", "try again");
};

class RunDecisionsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(ipc::SecretArena::open()); }
  void SetUp() override {
    run_.principal.user = "marta";
    run_.profile = "ledger-prod";
    run_.source.has_role = true;
  }
  void policy_is(const std::string& effect, const std::string& more = {}) {
    policy_.policy = load_policy("version: 1\nrules:\n  - name: ledger\n    effect: " + effect +
                                     "\n    conditions: { users: [marta]" + more + " }\n",
                                 "test");
    ASSERT_TRUE(policy_.policy) << policy_.policy.error().what;
  }
  void approve_for(std::chrono::seconds left) {
    const sys_seconds now = std::chrono::floor<std::chrono::seconds>(aws_.clock.wall());
    approved_ = {{"0123456789abcdef", "marta", "ledger-prod", Approval::Status::kApproved, now, now + 24h, left}};
  }
  // The check that refused; "permit" where nothing did.
  std::string decided() {
    const Decision decision = decisions_.for_run();
    const Refusal* const refusal = std::get_if<Refusal>(&decision.outcome);
    if (refusal) last_ = refusal->sentence + "; " + refusal->next_step;
    return refusal ? refusal->check : "permit";
  }
  std::string decided_at(Clock::Wall instant) {
    aws_.clock.set_wall(instant);
    return decided();
  }

  testing::FakeAws aws_;
  ResolvedProfile profile_;
  HeldPolicy policy_;
  PostureSource posture_{PostureReader(), {nullptr, aws_.timers, aws_.clock, [](const std::string&) {}}};
  Notices notices_{[](ipc::Severity, const std::string&) {}};
  SessionTracker sessions_{aws_.context, profile_, [](const std::string&) {}};
  broker::Run run_;
  PolicyJudge judge_{{run_, aws_.context, profile_, policy_, posture_, sessions_}};
  std::vector<Approval> approved_;
  RunDecisions decisions_{{run_, aws_.context, judge_, sessions_, notices_, [this]() -> ipc::Result<Overrides> {
                             return Overrides{approved_, {}};
                           }}};
  std::string last_;
};

// Without a policy there is no rule that could match.
TEST_F(RunDecisionsTest, WithoutAPolicyEveryRequestIsRefused) {
  EXPECT_EQ(decided(), "policy-unusable");
  policy_is("allow");
  EXPECT_EQ(decided(), "permit");
  policy_.policy = ipc::fail(ipc::Fault::kConfig, "policy.yaml:3: unknown key", "correct it");
  EXPECT_EQ(decided(), "policy-unusable");
}

// Rules are asked at whole seconds, and the clock's nanoseconds round a window neither open nor longer.
TEST_F(RunDecisionsTest, ANanosecondBeforeTheStartAndFromTheEndOnAWindowIsClosed) {
  policy_is("allow", R"(, time: { hours: { start: "09:00", end: "17:00" }, timezone: UTC })");
  const Clock::Wall start = sys_days(std::chrono::year(2026) / 1 / 5) + 9h, end = start + 8h;
  EXPECT_EQ(decided_at(start - 1ns), "policy");
  EXPECT_EQ(decided_at(end), "policy");
  EXPECT_EQ(decided_at(end + 1ns), "policy");
  EXPECT_EQ(decided_at(start), "permit");
  EXPECT_EQ(decided_at(end - 1ns), "permit");
}

// A run is judged in its own mode from the start on, never as another.
TEST_F(RunDecisionsTest, ARunIsJudgedInItsRealMode) {
  for (const Mode mode : {Mode::kServer, Mode::kCli, Mode::kCredentialProcess}) {
    run_.mode = mode;
    for (const Mode listed : {Mode::kServer, Mode::kCli, Mode::kCredentialProcess}) {
      policy_is("allow", ", mode: [" + std::string(word(listed)) + "]");
      EXPECT_EQ(decided(), mode == listed ? "permit" : "policy") << word(mode) << " " << word(listed);
    }
    policy_is("require_server");
    EXPECT_EQ(decided(), mode == Mode::kServer ? "permit" : "policy") << word(mode);
  }
}

// Upstream's server took this for a yes.
TEST_F(RunDecisionsTest, RequireApprovalWithoutAnApprovalIsRefusedInEveryMode) {
  policy_is("require_approval");
  for (const Mode mode : {Mode::kServer, Mode::kCli, Mode::kCredentialProcess}) {
    run_.mode = mode;
    EXPECT_EQ(decided(), "policy") << word(mode);
    EXPECT_NE(last_.find("no approval for this user and profile is on record"), std::string::npos) << last_;
  }
}

// An approval counts at the request at hand, whatever it did for the one before.
TEST_F(RunDecisionsTest, AnApprovalThatExpiresBetweenTwoRequestsLiftsTheFirstAlone) {
  policy_is("require_approval");
  approve_for(1h);
  EXPECT_EQ(decided(), "permit");
  aws_.clock.pass(45min);
  EXPECT_EQ(decided(), "permit") << "the 15 minutes that STS can issue are left";
  aws_.clock.pass(1s);
  EXPECT_EQ(decided(), "lifetime");
  aws_.clock.pass(15min);
  EXPECT_EQ(decided(), "policy");
  approve_for(1h);
  EXPECT_EQ(decided(), "permit");
  approved_[0].status = Approval::Status::kCancelled;
  EXPECT_EQ(decided(), "policy");
}

// The policy spoke before the keys were fetched: a fetch that AWS refuses is an error, and no decision.
TEST_F(RunDecisionsTest, WhatAwsRefusesIsNoDecisionOfThePolicy) {
  EXPECT_FALSE(judge_.refusal({ipc::Fault::kRefused, "AssumeRole failed: AccessDenied", ""}));
  EXPECT_TRUE(judge_.needs_identity());
  EXPECT_EQ(judge_.issuer(), "AWS");
}

// The line of a client that is refused after the policy's yes shows that yes.
TEST_F(RunDecisionsTest, WhoIsRefusedForAnotherReasonIsShownWithTheVerdict) {
  policy_is("allow");
  const Decision decision = decisions_.refused_otherwise({}, Refusal{"peer", "the caller is gone", "ask again"});
  EXPECT_EQ(decision.identified, Check::kPassed);
  ASSERT_TRUE(decision.verdict);
  EXPECT_EQ(decision.verdict->rule, "ledger");
  EXPECT_EQ(std::get<Refusal>(decision.outcome).check, "peer");
}

// One set of keys for equal terms, and none before they are fetched.
TEST_F(RunDecisionsTest, KeysAreKeptByTheTermsOfThePermit) {
  policy_is("allow");
  const Decision decision = decisions_.for_run();
  const IssueTerms& terms = std::get<Permit>(decision.outcome).terms();
  EXPECT_EQ(decisions_.keys_of(terms), nullptr);
  FreshKeys* const issuer = decisions_.issuer_for(terms, *decision.verdict);
  ASSERT_NE(issuer, nullptr);
  EXPECT_EQ(decisions_.issuer_for(terms, *decision.verdict), issuer);
  EXPECT_EQ(decisions_.keys_of(terms), nullptr);
}

// A rule that narrows asks for a role, in whichever policy it comes.
TEST_F(RunDecisionsTest, APolicyThatTheProfileCannotServeIsUnusable) {
  const std::string narrowing = "\n    restrict: { source_ips: [192.0.2.0/24] }";
  policy_is("allow" + narrowing);
  EXPECT_EQ(decided(), "permit");
  run_.source.has_role = false;
  EXPECT_FALSE(check_policy_fits(*policy_.policy, run_));
  EXPECT_EQ(decided(), "permit") << "judged once for each policy";
  policy_is("allow" + narrowing + "\n    max_duration: 1h");
  EXPECT_EQ(decided(), "policy-unusable");
}

// Handed on as they are, keys live as long as their source says: a cap that they exceed refuses them, whatever kind of
// key the source gave at the start.
TEST_F(RunDecisionsTest, ASourceThatTurnsToTemporaryKeysIsHeldToTheCapAllTheSame) {
  policy_is("allow\n    max_duration: 15m");
  run_.source = KeySource{};
  aws_.use(testing::long_term_key());
  EXPECT_EQ(decided(), "permit") << "STS makes a session of 15 minutes";
  BaseKey temporary = testing::long_term_key();
  temporary.session_token = ipc::SecretBuffer::copy_of("a token");
  aws_.use(std::move(temporary));
  EXPECT_EQ(decided(), "lifetime");
  EXPECT_NE(last_.find("temporary ones that live longer"), std::string::npos) << last_;
}

}  // namespace
}  // namespace broker
