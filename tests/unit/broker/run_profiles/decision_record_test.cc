// What was decided is in the log, whoever was refused; the terminal hears what its user can act on.
#include "run_profiles/decision_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "audit_lines.h"
#include "aws_fakes.h"

namespace broker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Says what a line rests on, and is asked for nothing else.
class SilentJudge final : public Judge {
 public:
  void start(Ready) override {}
  [[nodiscard]] bool needs_identity() const override { return true; }
  ipc::Result<Verdict> verdict(std::optional<Via>) override { return Verdict{}; }
  [[nodiscard]] Basis basis() const override { return {7, std::chrono::seconds(90)}; }
  StartFetch keys_for(const IssueTerms&) override { return {}; }
  [[nodiscard]] std::string_view issuer() const override { return ""; }
  [[nodiscard]] std::optional<Decision> refusal(const ipc::Error&) const override { return {}; }
};

constexpr long kOwn = 1000;

class DecisionRecordTest : public ::testing::Test {
 protected:
  void SetUp() override {
    run_.profile = "ledger-prod";
    run_.policy_name = "/etc/policy.yaml";
    run_.principal.user = "marta";
    ipc::UniqueFd file = audit_lines::memory_file();
    log_ = ipc::UniqueFd(::dup(file.get()));
    ASSERT_TRUE(audit_.add_sink(std::move(file), "log", false));
    caller_.pid = 4711;
    caller_.uid = kOwn;
  }
  static Decision denied(Check identified = Check::kPassed) {
    Verdict verdict;
    verdict.rule = "nights";
    verdict.reason = "not at night";
    return Decision{identified, std::move(verdict), {}, Refusal{}};
  }
  [[nodiscard]] std::string log() const { return audit_lines::content(log_.get()); }

  testing::FakeAws aws_;
  ResolvedProfile profile_;
  broker::Run run_;
  SilentJudge judge_;
  SessionTracker sessions_{aws_.context, profile_, [](const std::string&) {}};
  AuditLog audit_{aws_.clock};
  ipc::UniqueFd log_;
  std::vector<std::string> told_;
  Notices notices_{[this](ipc::Severity, const std::string& sentence) { told_.push_back(sentence); }};
  RefusalFlood flood_{kOwn};
  DecisionRecord record_{{run_, judge_, sessions_, audit_, notices_, aws_.clock, aws_.timers, flood_, kOwn}};
  CallerFacts caller_;
};

TEST_F(DecisionRecordTest, ARefusedClientIsInTheLogWithItsVerdictAndToldWhatToDo) {
  record_.refused(caller_, {"policy", "not at night", "come back at nine"}, denied());
  EXPECT_THAT(log(), HasSubstr("\"rule\":\"nights\""));
  EXPECT_THAT(log(), HasSubstr("\"outcome\":\"refused\""));
  EXPECT_THAT(log(), HasSubstr("\"check\":\"policy\""));
  EXPECT_THAT(log(), HasSubstr("\"policy_serial\":7"));
  EXPECT_THAT(log(), HasSubstr("\"policy_age_seconds\":90"));
  EXPECT_THAT(told_, ElementsAre("refused credentials for profile ledger-prod to process 4711: not at night "
                                 "[/etc/policy.yaml]; come back at nine"));
}

TEST_F(DecisionRecordTest, AStrangersLineShowsNoDecisionOfThePolicy) {
  record_.refused(caller_, {"peer-tree", "not below sentinel", ""}, denied(Check::kTokenWrong));
  EXPECT_THAT(log(), HasSubstr("\"check\":\"peer-tree\""));
  EXPECT_THAT(log(), Not(HasSubstr("nights")));
  EXPECT_THAT(log(), Not(HasSubstr("policy_serial")));
}

TEST_F(DecisionRecordTest, StrangersCannotFillTheLog) {
  for (int i = 0; i < 1000; ++i) record_.stranger(caller_, Check::kTokenWrong, {"token", "a wrong token", ""});
  const std::string text = log();
  EXPECT_EQ(std::ranges::count(text, '\n'), RefusalFlood::kPerSecond);
  aws_.clock.pass(std::chrono::seconds(1));
  record_.stranger(caller_, Check::kTokenWrong, {"token", "a wrong token", ""});
  EXPECT_THAT(log(), HasSubstr("and 950 more of uid 1000, counted and not written"));
}

TEST_F(DecisionRecordTest, WhatWasCountedIsToldWithoutAnotherRefusal) {
  caller_.uid = 1003;
  for (int i = 0; i < 1214; ++i) record_.refused(caller_, {"peer-user", "another user", ""}, denied(Check::kWrongUser));
  EXPECT_EQ(std::ranges::count(log(), '\n'), RefusalFlood::kAtFirst);
  EXPECT_EQ(told_.size(), 1u);
  aws_.timers.pass(DecisionRecord::kTellCounted);
  EXPECT_EQ(std::ranges::count(log(), '\n'), RefusalFlood::kAtFirst + 1);
  EXPECT_THAT(log(), HasSubstr("\"detail\":\"and 1,204 more of uid 1003, counted and not written\""));
  EXPECT_THAT(told_.back(), HasSubstr("refused 1,213 more requests of uid 1003"));
  EXPECT_FALSE(aws_.timers.armed()) << "nothing is left to tell";
}

TEST_F(DecisionRecordTest, AFloodOfOthersTakesNothingFromTheOwnPrograms) {
  CallerFacts other = caller_;
  other.uid = 1003;
  const Refusal refusal{"token-missing", "no token", ""};
  for (int i = 0; i < 1000; ++i) record_.refused(other, refusal, denied(Check::kTokenMissing));
  const auto before = std::ranges::count(log(), '\n');
  for (int i = 0; i < 5; ++i) record_.refused(caller_, refusal, denied(Check::kTokenMissing));
  for (int i = 0; i < 500; ++i) record_.refused(caller_, refusal, denied());
  EXPECT_EQ(std::ranges::count(log(), '\n'), before + 505) << "each of ours is written";
  EXPECT_EQ(told_.size(), 2u) << "once of the others, once of ours";
}

TEST_F(DecisionRecordTest, ALostSessionWasToldInTheTrackersWords) {
  record_.refused(caller_, {std::string(kSessionLost), "the session was revoked", ""}, denied());
  EXPECT_THAT(log(), HasSubstr("\"check\":\"session\""));
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(DecisionRecordTest, AFailureIsNoRefusal) {
  record_.failed(caller_, {ipc::Fault::kUnavailable, "STS gave no answer", "check the network"}, denied());
  EXPECT_THAT(log(), HasSubstr("\"outcome\":\"failed\""));
  EXPECT_THAT(log(), HasSubstr("\"detail\":\"STS gave no answer\""));
  EXPECT_THAT(told_, ElementsAre("no credentials for profile ledger-prod: STS gave no answer; check the network"));
}

TEST_F(DecisionRecordTest, ARefusedRunIsInTheLogAlone) {
  EXPECT_TRUE(record_.run_refused({"policy", "not at night", ""}, denied()));
  EXPECT_THAT(log(), HasSubstr("\"check\":\"policy\""));
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(DecisionRecordTest, ALineThatCannotBeWrittenIsToldOrReturned) {
  AuditLog none(aws_.clock);  // without a sink every line fails
  DecisionRecord record{{run_, judge_, sessions_, none, notices_, aws_.clock, aws_.timers, flood_, kOwn}};
  EXPECT_FALSE(record.run_refused({"policy", "not at night", ""}, denied()));
  record.failed(caller_, {ipc::Fault::kUnavailable, "STS gave no answer", ""}, denied());
  ASSERT_FALSE(told_.empty());
  EXPECT_THAT(told_.front(), HasSubstr("nothing is handed out until it can be written"));
}

}  // namespace
}  // namespace broker
