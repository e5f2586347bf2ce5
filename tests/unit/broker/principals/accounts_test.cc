// Who cannot be told from another is refused in time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "principals/accounts_case.h"

namespace broker::testing {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(AccountsTest, ReaderThatIsSilentIsRefusedAtTheDeadlineAndAtOnceAfterwards) {
  ask(1000);
  timers_.pass(Accounts::kDeadline - std::chrono::milliseconds(1));
  EXPECT_THAT(told(), ElementsAre());
  timers_.pass(std::chrono::milliseconds(1));
  EXPECT_THAT(told(), ElementsAre(HasSubstr("1000 who uid 1000 is cannot be found out: the process that asks")));
  ask(1000);
  EXPECT_THAT(told(), ElementsAre(HasSubstr("does not answer")));
  EXPECT_THAT(asked(), ElementsAre(1000)) << "once";
}

TEST_F(AccountsTest, SilentReaderIsAskedABoundedNumberOfTimesAndThenNoUidWaits) {
  for (uid_t uid = 1; uid <= 20; ++uid) ask(uid);
  EXPECT_EQ(asked().size(), AccountReader::kMostLookups);
  timers_.pass(Accounts::kDeadline);
  EXPECT_EQ(told().size(), 20U);
  ask(21);
  EXPECT_THAT(told(), ElementsAre(HasSubstr("does not answer")));
  EXPECT_TRUE(asked().empty());
  answer(1, "late");
  ask(22);
  EXPECT_THAT(asked(), ElementsAre(22)) << "it answers again";
}

TEST_F(AccountsTest, ReaderThatEndsRefusesAllThatWaitAndAllThatCome) {
  ask(1000);
  ask(1001);
  reader_.reset();
  run();
  EXPECT_THAT(told(), ::testing::UnorderedElementsAre(HasSubstr("has ended"), HasSubstr("has ended")));
  EXPECT_TRUE(accounts_->gone());
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("has ended")));
  ask(1000);
  EXPECT_THAT(told(), ElementsAre(HasSubstr("has ended")));
  run();
  EXPECT_EQ(warnings_.size(), 1U);
  timers_.pass(seconds(60));
  EXPECT_THAT(told(), ElementsAre()) << "nobody is told twice";
}

TEST_F(AccountsTest, WhatIsKnownOutlivesTheReaderUntilItsTimeIsOver) {
  ask(1000);
  answer(1000, "marta");
  reader_.reset();
  run();
  (void)told();
  timers_.pass(Accounts::kKeep - std::chrono::milliseconds(1));
  ask(1000);
  EXPECT_THAT(told(), ElementsAre("1000 marta"));
  timers_.pass(std::chrono::milliseconds(1));
  ask(1000);
  EXPECT_THAT(told(), ElementsAre(HasSubstr("has ended")));
}

TEST_F(AccountsTest, AnswerThatNobodyAskedForEndsTheReader) {
  for (const std::string& packet : {write_account_answer(1001, login(1001, "otto")), std::string("x"),
                                    write_account_answer(1000, login(1000, "marta")) + "x"}) {
    SetUp();
    ask(1000);
    say(packet);
    EXPECT_THAT(told(), ElementsAre(HasSubstr("has ended")));
    EXPECT_TRUE(accounts_->gone());
    char byte;
    EXPECT_EQ(asked().size(), 1U);
    EXPECT_EQ(::recv(reader_.get(), &byte, 1, MSG_DONTWAIT), 0) << "its socket is closed";
  }
}

TEST_F(AccountsTest, SecondAnswerToOneQuestionEndsTheReader) {
  ask(1000);
  answer(1000, "marta");
  answer(1000, "root");
  EXPECT_TRUE(accounts_->gone());
  EXPECT_THAT(told(), ElementsAre("1000 marta"));
}

TEST_F(AccountsTest, AnswerToAQuestionThatWasNotYetSentEndsTheReader) {
  for (uid_t uid = 1; uid <= 9; ++uid) ask(uid);
  answer(9, "marta");
  EXPECT_TRUE(accounts_->gone());
  EXPECT_EQ(told().size(), 9U);
}

TEST_F(AccountsTest, QueueOfUidsIsBounded) {
  const uid_t most = static_cast<uid_t>(AccountReader::kMostLookups + Accounts::kMostQueued);
  for (uid_t uid = 1; uid <= most; ++uid) ask(uid);
  EXPECT_THAT(told(), ElementsAre());
  ask(most + 1);
  EXPECT_THAT(told(), ElementsAre(HasSubstr("too many other users")));
  ask(most);
  EXPECT_THAT(told(), ElementsAre()) << "one that is in the queue may be waited for";
}

TEST_F(AccountsTest, CallersThatWaitForOneUidAreBoundedAndThoseThatLeftDoNotCount) {
  for (std::size_t i = 0; i < Accounts::kMostWaiting; ++i) ask(1000);
  ask(1000);
  EXPECT_THAT(told(), ElementsAre(HasSubstr("too many requests of this user")));
  ask(1001);
  EXPECT_THAT(told(), ElementsAre()) << "another user's do not count";
  waiting_[0].reset();
  ask(1000);
  EXPECT_THAT(told(), ElementsAre());
  answer(1000, "marta");
  EXPECT_EQ(told().size(), Accounts::kMostWaiting);
}

TEST_F(AccountsTest, DatabaseThatCannotSayIsNotAskedAgainAtOnce) {
  ask(1000);
  say(write_account_answer(1000, ipc::fail(ipc::Fault::kUnavailable, "the user database does not say who it is")));
  EXPECT_THAT(told(),
              ElementsAre("1000 who uid 1000 is cannot be found out: the user database does not say who it is"));
  (void)asked();
  ask(1000);
  EXPECT_THAT(told(), ElementsAre(HasSubstr("does not say who it is")));
  EXPECT_THAT(asked(), ElementsAre());
  timers_.pass(Accounts::kKeepRefusal);
  ask(1000);
  EXPECT_THAT(asked(), ElementsAre(1000));
}

TEST_F(AccountsTest, UidWithoutALoginIsKeptShortly) {
  ask(1000);
  say(write_account_answer(1000, no_login(1000)));
  EXPECT_THAT(told(), ElementsAre("1000 "));
  (void)asked();
  timers_.pass(Accounts::kKeepRefusal - std::chrono::milliseconds(1));
  ask(1000);
  EXPECT_THAT(told(), ElementsAre("1000 "));
  timers_.pass(std::chrono::milliseconds(1));
  ask(1000);
  EXPECT_THAT(asked(), ElementsAre(1000)) << "the user may just have been made";
}

}  // namespace
}  // namespace broker::testing
