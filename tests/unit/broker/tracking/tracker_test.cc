#include "tracking/tracker.h"

#include <gtest/gtest.h>

#include "aws_fakes.h"
#include "text/json_value.h"

namespace broker {
namespace {

using namespace std::chrono_literals;
using testing::FakeAws;

constexpr char kConditionFailed[] =
    R"({"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"no"})";

class SessionTrackerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(ipc::SecretArena::open());
    profile_.name = profile_.base_profile = "marta";
    aws_.use(testing::long_term_key());
    profile_.dynamodb = testing::endpoint();
    tracker_ = std::make_unique<SessionTracker>(aws_.context, profile_,
                                                [this](const std::string& sentence) { lost_.push_back(sentence); });
  }
  void create(const std::string& table = "sessions") {
    tracker_->create(table, *new_session_record("marta", "ledger-prod", aws_.clock.wall(), 900s),
                     [this](const ipc::Status& status) { created_ = status ? "created" : status.error().what; });
  }
  void begin() {
    create();
    yes();
    ASSERT_EQ(created_, "created");
  }
  void yes() { aws_.http.answer(200, "{}"); }
  void no() { aws_.http.answer(400, kConditionFailed); }
  void denied() { aws_.http.answer(400, R"({"__type":"AccessDeniedException","Message":"not you"})"); }
  // One question, all its tries, without an answer.
  void unreachable() {
    for (int i = 0; i < 20 && aws_.http.waiting() > 0; ++i) {
      aws_.http.fail(ipc::Fault::kUnavailable);
      if (aws_.http.waiting() == 0 && aws_.timers.armed()) aws_.timers.pass(aws_.timers.wait());
    }
  }
  std::string standing() {
    const auto is = tracker_->standing();
    if (const auto* refused = std::get_if<SessionTracker::Refused>(&is)) return refused->sentence;
    return std::holds_alternative<SessionTracker::Confirmed>(is) ? "confirmed" : "must ask";
  }
  void ask() {
    tracker_->ask([this](const ipc::Status& status) { answers_.push_back(status ? "yes" : status.error().what); });
  }
  Json::Value last() { return read_object(aws_.http.last().body).value_or(Json::Value()); }
  std::size_t calls() const { return aws_.http.requests.size(); }

  FakeAws aws_;
  ResolvedProfile profile_;
  std::unique_ptr<SessionTracker> tracker_;
  std::string created_;
  std::vector<std::string> answers_, lost_;
};

TEST_F(SessionTrackerTest, ADuplicateCreateIsRefused) {
  create();
  no();
  EXPECT_NE(created_.find("has a session of this id already"), std::string::npos) << created_;
  EXPECT_FALSE(tracker_->tracked());
  EXPECT_EQ(tracker_->table(), "");
}

TEST_F(SessionTrackerTest, ARunIsTrackedOnlyOnceItsRecordIsThere) {
  create();
  EXPECT_FALSE(tracker_->tracked());
  EXPECT_EQ(tracker_->table(), "");
  denied();
  EXPECT_NE(created_.find("is not allowed"), std::string::npos) << created_;
  EXPECT_FALSE(tracker_->tracked());
}

TEST_F(SessionTrackerTest, ACreateIsAnsweredAlsoWhereNothingIsAskedOrAnswered) {
  create("no table");
  EXPECT_EQ(created_, "");
  aws_.timers.pass(0ms);
  EXPECT_NE(created_.find("no name of a DynamoDB table"), std::string::npos) << created_;
  EXPECT_EQ(calls(), 0u);
  profile_.dynamodb = {};
  create();
  aws_.timers.pass(0ms);
  EXPECT_NE(created_.find("has no region"), std::string::npos) << created_;
  profile_.dynamodb = testing::endpoint();
  create();
  aws_.timers.pass(SessionTracker::kCreateLimit);
  EXPECT_NE(created_.find("did not answer"), std::string::npos) << created_;
  EXPECT_EQ(aws_.http.waiting(), 0u);
}

TEST_F(SessionTrackerTest, RevokedRefusesForEverAndIsToldOnce) {
  begin();
  aws_.clock.pass(6s);
  ask();
  no();
  EXPECT_NE(standing().find("is revoked, expired or gone"), std::string::npos);  // refused before the reason is known
  EXPECT_TRUE(answers_.empty());
  aws_.http.answer(200,
                   R"({"Item":{"status":{"S":"revoked"},"revoked_by":{"S":"ops"},"revoked_reason":{"S":"lost"}}})");
  ASSERT_EQ(answers_.size(), 1u);
  EXPECT_NE(answers_[0].find("was revoked by ops: lost"), std::string::npos) << answers_[0];
  EXPECT_EQ(lost_, answers_);
  const auto before = calls();
  for (int hour = 0; hour < 50; ++hour) {
    aws_.timers.pass(1h);
    EXPECT_EQ(standing(), lost_[0]);
    ask();
    tracker_->note_issue(std::chrono::floor<std::chrono::seconds>(aws_.clock.wall()), "x");
  }
  EXPECT_EQ(calls(), before);
  EXPECT_EQ(lost_.size(), 1u);
}

TEST_F(SessionTrackerTest, ADeletedRecordRefuses) {
  begin();
  aws_.clock.pass(6s);
  ask();
  no();
  aws_.http.answer(200, "{}");
  EXPECT_NE(standing().find("is not in the table any more"), std::string::npos);
}

TEST_F(SessionTrackerTest, AnExpiredRecordRefusesAndSoDoesOneWhoseReasonCannotBeRead) {
  begin();
  aws_.clock.pass(6s);
  ask();
  no();
  aws_.timers.pass(SessionTracker::kLimit);
  ASSERT_EQ(answers_.size(), 1u);
  EXPECT_NE(answers_[0].find("is revoked, expired or gone"), std::string::npos);
  EXPECT_EQ(lost_.size(), 1u);
  EXPECT_EQ(standing(), lost_[0]);
}

TEST_F(SessionTrackerTest, AYesCountsFromItsQuestionAndForFiveSeconds) {
  begin();
  EXPECT_EQ(standing(), "confirmed");
  aws_.clock.pass(5s);
  EXPECT_EQ(standing(), "confirmed");
  aws_.clock.pass(1ns);
  EXPECT_EQ(standing(), "must ask");
  ask();
  aws_.clock.pass(400ms);
  yes();
  EXPECT_EQ(answers_, std::vector<std::string>{"yes"});
  aws_.clock.pass(4600ms);
  EXPECT_EQ(standing(), "confirmed");
  aws_.clock.pass(1ns);
  EXPECT_EQ(standing(), "must ask");
}

TEST_F(SessionTrackerTest, WhateverTheNumberOfRequestsThereIsOneQuestionInFiveSeconds) {
  begin();
  for (int second = 0; second < 60; ++second) {
    for (int i = 0; i < 100; ++i) {
      if (standing() == "must ask") ask();
      tracker_->count();
    }
    if (aws_.http.waiting() > 0) yes();
    aws_.timers.pass(1s);
  }
  EXPECT_LE(calls(), 12u);
  EXPECT_GE(calls(), 9u);
}

TEST_F(SessionTrackerTest, RequestsBetweenTwoQuestionsAreCountedInTheNext) {
  begin();
  for (int i = 0; i < 41; ++i) tracker_->count();
  aws_.clock.pass(6s);
  ask();
  EXPECT_EQ(last()["ExpressionAttributeValues"][":request_count"]["N"].asString(), "41");
  yes();
  tracker_->count();
  aws_.clock.pass(6s);
  ask();
  EXPECT_EQ(last()["ExpressionAttributeValues"][":request_count"]["N"].asString(), "42");
}

TEST_F(SessionTrackerTest, UnreachableIsForgivenForThirtySecondsOnly) {
  begin();
  aws_.clock.pass(6s);
  ask();
  unreachable();
  EXPECT_EQ(answers_, std::vector<std::string>{"yes"});
  while (aws_.clock.since_boot() <= 1h + 30s) {
    EXPECT_EQ(standing(), "confirmed");
    unreachable();
    aws_.timers.pass(500ms);
  }
  EXPECT_EQ(standing(), "must ask");
  ask();
  unreachable();
  ASSERT_EQ(answers_.size(), 2u);
  EXPECT_NE(answers_[1].find("could not be asked"), std::string::npos) << answers_[1];
  // ... and a flood of clients asks it no more than once in a pause,
  const auto before = calls();
  for (int i = 0; i < 100; ++i) ask();
  EXPECT_EQ(calls(), before);
  EXPECT_EQ(answers_.size(), 102u);
  // ... until it is back.
  aws_.timers.pass(SessionTracker::kPause);
  ask();
  yes();
  EXPECT_EQ(answers_.back(), "yes");
  EXPECT_EQ(standing(), "confirmed");
  EXPECT_TRUE(lost_.empty());
}

TEST_F(SessionTrackerTest, ASilentTableIsForgivenAfterHalfASecondAndNoLongerThanAnother) {
  begin();
  aws_.clock.pass(6s);
  ask();
  aws_.timers.pass(499ms);
  EXPECT_TRUE(answers_.empty());
  aws_.timers.pass(1ms);
  EXPECT_EQ(answers_, std::vector<std::string>{"yes"});
  EXPECT_EQ(standing(), "confirmed");
  EXPECT_EQ(aws_.http.waiting(), 1u);
  no();  // late, and it counts
  EXPECT_NE(standing().find("revoked"), std::string::npos);
}

TEST_F(SessionTrackerTest, ASilentTableAfterThirtySecondsLetsRequestsWaitAndThenRefuses) {
  begin();
  aws_.clock.pass(31s);
  ask();
  aws_.timers.pass(2999ms);
  EXPECT_TRUE(answers_.empty());
  EXPECT_EQ(standing(), "must ask");
  aws_.timers.pass(1ms);
  ASSERT_EQ(answers_.size(), 1u);
  EXPECT_NE(answers_[0].find("did not answer"), std::string::npos);
  EXPECT_EQ(aws_.http.waiting(), 0u);
}

TEST_F(SessionTrackerTest, ATableThatRefusesTheQuestionIsNotForgiven) {
  begin();
  aws_.clock.pass(6s);
  ask();
  denied();
  ASSERT_EQ(answers_.size(), 1u);
  EXPECT_NE(answers_[0].find("is not allowed"), std::string::npos);
  EXPECT_EQ(standing(), "must ask");
  EXPECT_TRUE(lost_.empty());
}

TEST_F(SessionTrackerTest, AQuestionIsForEveryoneWhoWaits) {
  begin();
  aws_.clock.pass(6s);
  for (int i = 0; i < 50; ++i) ask();
  EXPECT_EQ(calls(), 2u);
  yes();
  EXPECT_EQ(answers_, std::vector<std::string>(50, "yes"));
}

TEST_F(SessionTrackerTest, WhatWasIssuedIsWrittenAtOnceAndItsEndNeverMovesBack) {
  begin();
  const auto end = std::chrono::floor<std::chrono::seconds>(aws_.clock.wall()) + 900s;
  tracker_->note_issue(end, "sentinel:marta:1");
  EXPECT_EQ(last()["ExpressionAttributeValues"][":expires_at"]["S"].asString(), session_time(end));
  EXPECT_EQ(last()["ExpressionAttributeValues"][":source_identity"]["S"].asString(), "sentinel:marta:1");
  tracker_->note_issue(end - 60s, "sentinel:marta:2");  // while that is under way
  EXPECT_EQ(calls(), 2u);
  yes();
  ASSERT_EQ(calls(), 3u);
  EXPECT_EQ(last()["ExpressionAttributeValues"][":expires_at"]["S"].asString(), session_time(end));
  EXPECT_EQ(last()["ExpressionAttributeValues"][":source_identity"]["S"].asString(), "sentinel:marta:2");
  yes();
  EXPECT_EQ(calls(), 3u);
}

TEST_F(SessionTrackerTest, TheEndIsWrittenOnceAndOnlyOfAnActiveRecord) {
  begin();
  int ended = 0;
  tracker_->end([&ended] { ++ended; });
  EXPECT_EQ(last()["ExpressionAttributeValues"][":status"]["S"].asString(), "expired");
  EXPECT_EQ(last()["ExpressionAttributeValues"][":is_status"]["S"].asString(), "active");
  EXPECT_EQ(ended, 0);
  yes();
  EXPECT_EQ(ended, 1);
}

TEST_F(SessionTrackerTest, WhereThereIsNothingToEndNothingIsAsked) {
  int ended = 0;
  tracker_->end([&ended] { ++ended; });
  EXPECT_EQ(ended, 1);
  EXPECT_EQ(calls(), 0u);
}

TEST_F(SessionTrackerTest, DestroyedInTheMiddleItCallsNobody) {
  begin();
  aws_.clock.pass(6s);
  ask();
  tracker_.reset();
  EXPECT_EQ(aws_.http.waiting(), 0u);
  EXPECT_FALSE(aws_.timers.armed());
  EXPECT_TRUE(answers_.empty());
}

}  // namespace
}  // namespace broker
