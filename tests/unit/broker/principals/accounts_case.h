// The cache and the queue in front of the account reader, which the test plays at the other end of its socket; the
// clock stands still until the test moves it.
#pragma once

#include <event2/event.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "aws_fakes.h"
#include "principals/accounts.h"
#include "principals/rows_fixture.h"

namespace broker::testing {

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

}  // namespace broker::testing
