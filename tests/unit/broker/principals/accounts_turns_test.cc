// Which answers are used again, and in which order uids are asked about.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "principals/accounts_case.h"

namespace broker::testing {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// ---- what is kept

TEST_F(AccountsTest, AnswerIsUsedForItsTimeFromWhenItWasAskedForAndNoLonger) {
  ask(1000);
  timers_.pass(seconds(4));
  answer(1000, "marta");
  timers_.pass(seconds(55));
  ask(1000);
  EXPECT_THAT(told(), ElementsAre("1000 marta", "1000 marta"));
  EXPECT_THAT(asked(), ElementsAre(1000));
  timers_.pass(seconds(1));
  ask(1000);
  EXPECT_THAT(told(), ElementsAre());
  EXPECT_THAT(asked(), ElementsAre(1000));
  answer(1000, "ina");
  EXPECT_THAT(told(), ElementsAre("1000 ina"));
}

TEST_F(AccountsTest, AnswerThatComesTooLateIsForLaterCallersOnlyWhileItIsFresh) {
  ask(1000);
  timers_.pass(seconds(10));
  (void)told();
  answer(1000, "marta");
  EXPECT_THAT(told(), ElementsAre());
  ask(1000);
  EXPECT_THAT(told(), ElementsAre("1000 marta"));
  timers_.pass(seconds(50));
  ask(1000);
  timers_.pass(seconds(60));
  (void)told();
  answer(1000, "ina");
  (void)asked();
  ask(1000);
  EXPECT_THAT(told(), ElementsAre());
  EXPECT_THAT(asked(), ElementsAre(1000)) << "what was asked for a minute ago is old when it comes";
}

TEST_F(AccountsTest, UidsThatAreNobodyDisplaceNoUser) {
  ask(1000);
  answer(1000, "marta");
  for (uid_t uid = 100'000; uid < 101'000; ++uid) {
    ask(uid);
    say(write_account_answer(uid, no_login(uid)));
  }
  (void)told();
  (void)asked();
  ask(1000);
  EXPECT_THAT(told(), ElementsAre("1000 marta"));
}

TEST_F(AccountsTest, AsManyAsFitAreKeptAndNoMore) {
  for (uid_t uid = 1; uid <= Accounts::kMostKept + 1; ++uid) {
    ask(uid);
    answer(uid, "marta");
  }
  (void)asked();
  ask(2);
  EXPECT_THAT(asked(), ElementsAre());
  ask(1);
  EXPECT_THAT(asked(), ElementsAre(1)) << "the one that was asked about longest ago";
}

// ---- turns

TEST_F(AccountsTest, OneQuestionIsUnderWayForAUidHoweverManyWait) {
  for (int i = 0; i < 100; ++i) ask(1000);
  EXPECT_THAT(asked(), ElementsAre(1000));
  answer(1000, "marta");
  EXPECT_EQ(told().size(), 100U);
}

TEST_F(AccountsTest, FloodOfOneUidDelaysNoOther) {
  for (int i = 0; i < 200; ++i) ask(1000);
  ask(1001);
  EXPECT_THAT(asked(), ElementsAre(1000, 1001));
  answer(1001, "otto");
  EXPECT_THAT(told(), ElementsAre("1001 otto"));
}

TEST_F(AccountsTest, UidsTakeTurnsInTheOrderInWhichTheyCame) {
  for (uid_t uid = 1; uid <= 10; ++uid) ask(uid);
  EXPECT_THAT(asked(), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
  answer(5, "marta");
  EXPECT_THAT(asked(), ElementsAre(9));
  ask(5);
  answer(1, "otto");
  EXPECT_THAT(asked(), ElementsAre(10));
}

TEST_F(AccountsTest, OneThatWaitsForItsTurnTooLongIsRefusedAndNotAskedForAnyMore) {
  for (uid_t uid = 1; uid <= 9; ++uid) ask(uid);
  timers_.pass(seconds(5));
  for (uid_t uid = 2; uid <= 8; ++uid) {
    SCOPED_TRACE(uid);
    EXPECT_THAT(told(), ElementsAre());
  }
  timers_.pass(seconds(1));
  EXPECT_THAT(told().back(),
              HasSubstr("9 who uid 9 is cannot be found out: questions about other users took too long"));
  (void)asked();
  answer(1, "marta");
  EXPECT_THAT(asked(), ElementsAre());
}

TEST_F(AccountsTest, CallerThatLeftIsNotCalledAndItsQuestionIsLeftOutWhereItWaited) {
  for (uid_t uid = 1; uid <= 10; ++uid) ask(uid);
  (void)asked();
  waiting_[0].reset();  // under way
  waiting_[8].reset();  // in the queue
  answer(1, "marta");
  EXPECT_THAT(told(), ElementsAre());
  EXPECT_THAT(asked(), ElementsAre(10));
}

TEST_F(AccountsTest, CallbackMayAskAgainAndMayEndItAll) {
  Accounts::Waiting again, first, second;
  bool ended = false;
  first = accounts_->find(1000, [&](const ipc::Result<Account>&) {
    again = accounts_->find(1000, [&](const ipc::Result<Account>& account) { EXPECT_EQ(account->login, "marta"); });
    EXPECT_FALSE(again) << "it is kept by then";
  });
  second = accounts_->find(1000, [&](const ipc::Result<Account>&) {
    accounts_.reset();
    ended = true;
  });
  answer(1000, "marta");
  EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace broker::testing
