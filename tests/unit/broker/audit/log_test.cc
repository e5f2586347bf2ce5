// No audit line, no credentials: every way in which a sink can fail, and what a line looks like.
#include "audit/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>

#include "audit_lines.h"

namespace {

using audit_lines::content;
using audit_lines::issued_line;
using audit_lines::kClock;
using audit_lines::memory_file;
using broker::AuditLog;
using broker::DecisionLine;
using broker::testing::FakeClock;

TEST(AuditLog, WithoutASinkEveryLineFails) {
  AuditLog log(kClock);
  EXPECT_FALSE(log.record(issued_line()));
}

TEST(AuditLog, AFullDeviceFailsTheLine) {
  AuditLog log(kClock);
  ASSERT_TRUE(log.add_sink(ipc::UniqueFd(::open("/dev/full", O_WRONLY | O_CLOEXEC)), "full", false));
  EXPECT_FALSE(log.record(issued_line()));
}

TEST(AuditLog, APipeThatIsFullFailsInsteadOfWaiting) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const ipc::UniqueFd reader(ends[0]);
  AuditLog log(kClock);
  ASSERT_TRUE(log.add_sink(ipc::UniqueFd(ends[1]), "pipe", false));
  ipc::Status status;
  for (int i = 0; i < 10000 && status; ++i) status = log.record(issued_line());
  EXPECT_FALSE(status);
}

TEST(AuditLog, WhoKeepsTheLockKeepsLinesOutAndTheBrokerNotFromItsWork) {
  const ipc::UniqueFd file = memory_file();
  const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  const ipc::UniqueFd other(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  AuditLog log(kClock);
  ASSERT_TRUE(log.add_sink(ipc::UniqueFd(::dup(file.get())), "log", false));
  ASSERT_EQ(::flock(other.get(), LOCK_EX), 0);
  // As many as would take a minute if each waited for the whole patience.
  for (int i = 0; i < 240; ++i) EXPECT_FALSE(log.record(issued_line()));
  EXPECT_EQ(content(file.get()), "");
  ASSERT_EQ(::flock(other.get(), LOCK_UN), 0);
  EXPECT_TRUE(log.record(issued_line()));
}

// Whoever may read the log may lock it: its writers lock another file.
TEST(AuditLog, ALockOfTheLogItselfKeepsNobodyOutWhereThereIsAnother) {
  const ipc::UniqueFd file = memory_file(), lock = memory_file();
  const auto again = [](const ipc::UniqueFd& of) {
    return ipc::UniqueFd(::open(("/proc/self/fd/" + std::to_string(of.get())).c_str(), O_RDWR | O_CLOEXEC));
  };
  const ipc::UniqueFd reader = again(file), writer = again(lock);
  AuditLog log(kClock);
  ASSERT_TRUE(log.add_sink(ipc::UniqueFd(::dup(file.get())), "log", false, ipc::LogKind::File,
                           ipc::UniqueFd(::dup(lock.get()))));
  ASSERT_EQ(::flock(reader.get(), LOCK_EX), 0);
  EXPECT_TRUE(log.record(issued_line()));
  ASSERT_EQ(::flock(writer.get(), LOCK_EX), 0);
  EXPECT_FALSE(log.record(issued_line())) << "another broker writes";
  ASSERT_EQ(::flock(writer.get(), LOCK_UN), 0);
  EXPECT_TRUE(log.record(issued_line()));
}

// A file that another broker has closed: the next is asked for once in a while, and said to be coming for a moment
// only.
TEST(AuditLog, TheNextFileIsAskedForAgainAndItsAbsenceIsNotHiddenForEver) {
  FakeClock clock;
  AuditLog log(clock);
  ASSERT_TRUE(log.add_sink(memory_file(), "log", false));
  std::vector<std::string> asked;
  log.rotate_at(1, [&](const std::string& label) { asked.push_back(label); });
  ASSERT_TRUE(log.record(issued_line())) << "one line is no file to be closed";
  ASSERT_TRUE(log.record(issued_line()));
  ASSERT_TRUE(log.record(issued_line()));
  EXPECT_EQ(asked, std::vector<std::string>{"log"}) << "asked a moment ago";
  EXPECT_TRUE(log.between_files());
  clock.pass(AuditLog::kAskAgain - std::chrono::nanoseconds(1));
  ASSERT_TRUE(log.record(issued_line()));
  EXPECT_EQ(asked.size(), 1u);
  clock.pass(std::chrono::nanoseconds(1));
  ASSERT_TRUE(log.record(issued_line()));
  EXPECT_EQ(asked.size(), 2u);
  clock.pass(AuditLog::kQuiet - AuditLog::kAskAgain - std::chrono::nanoseconds(1));
  EXPECT_TRUE(log.between_files());
  clock.pass(std::chrono::nanoseconds(1));
  EXPECT_FALSE(log.between_files());
  log.rotate_at(0, {});  // so that the next is not full at once with what has waited
  ASSERT_TRUE(log.follow("log", memory_file()));
  EXPECT_FALSE(log.between_files());
}

TEST(AuditLog, OneBrokenSinkFailsTheLineButTheOtherStillHasIt) {
  ipc::UniqueFd good = memory_file();
  const int seen = ::dup(good.get());
  AuditLog log(kClock);
  ASSERT_TRUE(log.add_sink(ipc::UniqueFd(::open("/dev/full", O_WRONLY | O_CLOEXEC)), "full", false));
  ASSERT_TRUE(log.add_sink(std::move(good), "good", false));
  EXPECT_FALSE(log.record(issued_line()));
  EXPECT_NE(content(seen).find("ledger-prod"), std::string::npos);
  ::close(seen);
}

TEST(AuditLog, ATornLineIsEndedBeforeTheNext) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  ipc::UniqueFd file = memory_file();
  const int seen = ::dup(file.get());
  AuditLog log(kClock);
  ASSERT_TRUE(log.add_sink(std::move(file), "file", false));
  const rlimit small{20, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const bool failed = !log.record(issued_line());
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_TRUE(failed);
  ASSERT_TRUE(log.record(issued_line()));
  const std::string text = content(seen);
  EXPECT_EQ(text.substr(20, 2), "\n{");
  ::close(seen);
}

TEST(AuditLog, KeysComeInTheDocumentedOrder) {
  EXPECT_EQ(
      broker::to_body(issued_line()),
      "{\"timestamp\":\"2026-02-02T00:00:00Z\",\"user\":\"marta\",\"profile\":\"ledger-prod\",\"effect\":\"allow\","
      "\"rule\":\"ledger\",\"rule_index\":1,\"reason\":\"\",\"policy_path\":\"\",\"outcome\":\"issued\","
      "\"mode\":\"server\"");
}

TEST(AuditLog, AHostileExecutableNameCannotBreakTheLine) {
  DecisionLine line = issued_line();
  line.peer_executable = "/tmp/a\n{\"outcome\":\"issued\"}\x1b[2J\xff\xc2\x9b\xe2\x80\xa8";
  const std::string text = broker::to_body(line);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_NE(text.find("\\n{\\\"outcome\\\""), std::string::npos);
  EXPECT_NE(text.find("\\u001b[2J\\ufffd\\u009b\\u2028"), std::string::npos);
}

TEST(AuditLog, CommitSyncsOnlyWhatAsksForIt) {
  AuditLog log(kClock);
  ASSERT_TRUE(log.add_sink(memory_file(), "plain", false));
  ASSERT_TRUE(log.record(issued_line()));
  EXPECT_FALSE(log.needs_commit());
  ASSERT_TRUE(log.add_sink(memory_file(), "synced", true));
  ASSERT_TRUE(log.record(issued_line()));
  EXPECT_TRUE(log.needs_commit());
  EXPECT_TRUE(log.commit());
  EXPECT_FALSE(log.needs_commit());
}

}  // namespace
