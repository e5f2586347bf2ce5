// The cache and the queue in front of the account reader, which the test plays at the other end of its socket; the
// clock stands still until the test moves it.
#include "principals/accounts.h"

#include <event2/event.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <map>

#include "aws_fakes.h"
#include "principals/rows_fixture.h"

namespace broker::testing {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class AccountsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    int ends[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    reader_ = ipc::UniqueFd(ends[1]);
    auto made =
        Accounts::make(AccountReader(ipc::UniqueFd(ends[0]), 0),
                       {base_.get(), timers_, clock_, [this](const std::string& said) { warnings_.push_back(said); }});
    ASSERT_TRUE(made);
    accounts_ = std::move(*made);
  }
  // What is told about `uid`, as a text, into told_.
  void ask(uid_t uid) {
    waiting_.push_back(accounts_->find(uid, [this, uid](const ipc::Result<Account>& account) {
      told_.push_back(std::to_string(uid) + " " + (account ? account->login : account.error().what));
      if (!account) {
        EXPECT_EQ(account.error().fault, ipc::Fault::kUnavailable);
        EXPECT_FALSE(account.error().next_step.empty());
      }
    }));
  }
  std::vector<std::string> told() { return std::exchange(told_, {}); }

  // ---- the reader's side
  std::vector<uid_t> asked() {
    std::vector<uid_t> uids;
    char packet[64];
    for (ssize_t got; (got = ::recv(reader_.get(), packet, sizeof packet, MSG_DONTWAIT)) > 0;)
      uids.push_back(*read_account_question({packet, static_cast<std::size_t>(got)}));
    return uids;
  }
  void say(const std::string& packet) {
    ASSERT_EQ(::send(reader_.get(), packet.data(), packet.size(), MSG_NOSIGNAL), static_cast<ssize_t>(packet.size()));
    run();
  }
  void answer(uid_t uid, const std::string& name) { say(write_account_answer(uid, login(uid, name))); }
  void run() {
    for (int turn = 0; turn < 3; ++turn) event_base_loop(base_.get(), EVLOOP_NONBLOCK);
  }

  EventBasePtr base_ = new_event_base();
  FakeClock clock_;
  FakeTimers timers_{clock_};
  std::vector<std::string> told_, warnings_;
  std::vector<Accounts::Waiting> waiting_;
  ipc::UniqueFd reader_;
  std::unique_ptr<Accounts> accounts_;
};

// ---- refusals

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
