// The real process that asks the databases of this host, or of an /etc of the test's.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "principals/account_reader.h"

namespace broker::testing {

inline constexpr uid_t kNobodyHas = 4'000'000'001;
inline constexpr int kLong = 60'000;

class AccountReaderTest : public ::testing::Test {
 protected:
  void start(std::chrono::milliseconds deadline = AccountReader::kDeadline) {
    auto started = AccountReader::start(deadline);
    ASSERT_TRUE(started) << started.error().what;
    reader_.emplace(std::move(*started));
  }
  void TearDown() override {
    if (!reader_) return;
    const pid_t pid = reader_->pid();
    reader_.reset();
    ::waitpid(pid, nullptr, 0);
  }
  // The next answer.
  AccountAnswer next() {
    AccountAnswer answer;
    pollfd readable{reader_->fd(), POLLIN, 0};
    EXPECT_EQ(::poll(&readable, 1, kLong), 1);
    EXPECT_EQ(reader_->take(answer), AccountReader::Reply::kHere);
    return answer;
  }
  AccountAnswer answer_to(uid_t uid) {
    EXPECT_TRUE(reader_->ask(uid));
    AccountAnswer answer = next();
    EXPECT_EQ(answer.uid, uid);
    return answer;
  }
  // What it has under way; root can look.
  std::vector<pid_t> lookups() {
    const std::string pid = std::to_string(reader_->pid());
    std::ifstream children("/proc/" + pid + "/task/" + pid + "/children");
    std::vector<pid_t> pids;
    for (pid_t child; children >> child;) pids.push_back(child);
    return pids;
  }
  std::vector<pid_t> wait_for_lookups(std::size_t count) {
    std::vector<pid_t> pids = lookups();
    for (int tries = 0; pids.size() != count && tries < 6000; ++tries) {
      ::usleep(10'000);
      pids = lookups();
    }
    return pids;
  }
  std::optional<AccountReader> reader_;
};

}  // namespace broker::testing
