#include "state/decision_log.h"

#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "ipc/files/trust.h"

namespace supervisor {
namespace {

class Log : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(::mkdtemp(folder_.data()), nullptr); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string folder_ = "/tmp/decision-log-test-XXXXXX";
};

TEST_F(Log, APipeOrFolderIsNoDecisionLog) {
  ExecRequest request;
  request.log_file = folder_;
  EXPECT_FALSE(open_decision_logs(request, folder_, ""));
  request.log_file = folder_ + "/pipe";
  ASSERT_EQ(::mkfifo(request.log_file.c_str(), 0600), 0);
  EXPECT_FALSE(open_decision_logs(request, folder_, ""));
}

TEST_F(Log, ADeviceKeepsNoLinesAndIsNoDecisionLog) {
  ExecRequest request;
  for (const char* device : {"/dev/null", "/dev/full", "/dev/zero"}) {
    request.log_file = device;
    const auto logs = open_decision_logs(request, folder_, "");
    ASSERT_FALSE(logs) << device;
    EXPECT_NE(logs.error().what.find("is not a regular file"), std::string::npos) << logs.error().what;
  }
}

TEST_F(Log, ALogThatOthersCanWriteOrReplaceIsRefused) {
  ExecRequest request;
  request.log_file = folder_ + "/log";
  ASSERT_TRUE(open_decision_logs(request, folder_, ""));
  ASSERT_EQ(::chmod(request.log_file.c_str(), 0666), 0);
  EXPECT_FALSE(open_decision_logs(request, folder_, ""));
  ASSERT_EQ(::chmod(request.log_file.c_str(), 0644), 0);
  ASSERT_TRUE(open_decision_logs(request, folder_, ""));
  ASSERT_EQ(::chmod(folder_.c_str(), 0777), 0);
  const auto replaced = open_decision_logs(request, folder_, "");
  ASSERT_FALSE(replaced);
  EXPECT_NE(replaced.error().what.find("the folder " + folder_ + " can be written by others"), std::string::npos);
  ASSERT_EQ(::chmod(folder_.c_str(), 0755), 0);
  if (::geteuid() != 0) return;
  ASSERT_EQ(::chown(request.log_file.c_str(), 65534, 65534), 0);
  EXPECT_FALSE(open_decision_logs(request, folder_, "")) << "another user's";
}

// Whoever may read the log may lock it, and kept every run from writing.
TEST_F(Log, ItsWritersLockAFileOfTheirOwn) {
  ExecRequest request;
  request.log_file = folder_ + "/log";
  const auto logs = open_decision_logs(request, folder_, "");
  ASSERT_TRUE(logs);
  const DecisionLog& log = logs->front();
  EXPECT_EQ(log.lock_path, folder_ + "/.log.lock");
  struct stat file {
  }, lock{};
  ASSERT_EQ(::fstat(log.fd.get(), &file), 0);
  ASSERT_EQ(::fstat(log.lock.get(), &lock), 0);
  EXPECT_NE(file.st_ino, lock.st_ino);
  EXPECT_EQ(lock.st_mode & 07777, 0600u);
  ASSERT_EQ(::chmod(log.lock_path.c_str(), 0644), 0);
  const auto open = open_decision_logs(request, folder_, "");
  ASSERT_FALSE(open);
  EXPECT_NE(open.error().what.find("can be opened by others"), std::string::npos);
}

TEST_F(Log, WithoutALockFileOnlyALogThatNobodyElseReadsIsLockedItself) {
  ExecRequest request;
  request.log_file = folder_ + "/log";
  ASSERT_TRUE(open_decision_logs(request, folder_, ""));
  std::filesystem::remove(folder_ + "/.log.lock");
  std::filesystem::create_directory(folder_ + "/.log.lock");  // no lock file can be made
  ASSERT_EQ(::chmod(request.log_file.c_str(), 0644), 0);
  const auto read = open_decision_logs(request, folder_, "");
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().what.find("others may read the decision log"), std::string::npos);
  ASSERT_EQ(::chmod(request.log_file.c_str(), 0600), 0);
  const auto logs = open_decision_logs(request, folder_, "");
  ASSERT_TRUE(logs) << logs.error().what;
  EXPECT_FALSE(logs->front().lock);
}

// Root has written the user's log once, by a name that gave the lock to nobody; the user must not take turns alone.
TEST_F(Log, ALockThatIsThereAndCannotBeOpenedIsRefused) {
  constexpr uid_t kUser = 65534;
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  ExecRequest request;
  request.log_file = folder_ + "/log";
  const std::string lock = folder_ + "/.log.lock";
  ASSERT_EQ(::chown(folder_.c_str(), kUser, kUser), 0);
  for (const auto& [path, owner] : {std::pair(request.log_file, kUser), std::pair(lock, uid_t{0})}) {
    ASSERT_EQ(::close(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)), 0);
    ASSERT_EQ(::chown(path.c_str(), owner, owner), 0);
  }
  const auto opened_by_user = [&] {
    const pid_t child = ::fork();
    if (child == 0) {
      if (::setgroups(0, nullptr) != 0 || ::setgid(kUser) != 0 || ::setuid(kUser) != 0) ::_exit(3);
      const auto logs = open_decision_logs(request, folder_, "");
      if (logs) ::_exit(logs->front().lock ? 0 : 1);
      const bool told = logs.error().what.contains("cannot be opened") &&
                        logs.error().next_step.contains("sudo chown " + std::to_string(kUser) + " " + lock);
      ::_exit(told ? 4 : 5);
    }
    int status = 0;
    return ::waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  };
  EXPECT_EQ(opened_by_user(), 4);
  ASSERT_EQ(::chown(lock.c_str(), kUser, kUser), 0);  // what the next step says
  EXPECT_EQ(opened_by_user(), 0);
}

TEST_F(Log, TheDefaultLogIsPrivateAndNeverALink) {
  const auto logs = open_decision_logs({}, folder_, "");
  ASSERT_TRUE(logs);
  const std::string path = folder_ + "/.local/state/sentinel/decisions.jsonl";
  struct stat st {};
  ASSERT_EQ(::stat(path.c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 07777, 0600u);
  ASSERT_EQ(::stat((folder_ + "/.local/state/sentinel").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 07777, 0700u);
  std::filesystem::remove(path);
  std::filesystem::create_symlink(folder_ + "/elsewhere", path);
  EXPECT_FALSE(open_decision_logs({}, folder_, ""));
}

TEST_F(Log, StderrAloneWritesNoFileAndBothWriteBoth) {
  ExecRequest request;
  request.log_stderr = true;
  EXPECT_EQ(open_decision_logs(request, folder_, "")->size(), 1u);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/.local"));
  request.log_file = folder_ + "/log";
  EXPECT_EQ(open_decision_logs(request, folder_, "")->size(), 2u);
  EXPECT_EQ(open_decision_logs({}, "", folder_)->front().label, folder_ + "/sentinel/decisions.jsonl");
  EXPECT_FALSE(open_decision_logs({}, "", ""));
}

// An administrator's log, which one user's private group may write: what that user makes beside it stays his.
TEST_F(Log, AUserWritesALogOfRootsThatHisPrivateGroupMayWrite) {
  constexpr uid_t kUser = 1;  // one of the host's own, such as daemon
  const auto group = ipc::private_group(kUser);
  if (::geteuid() != 0 || !group) GTEST_SKIP() << "needs root, and a user with a private group";
  ExecRequest request;
  request.log_file = folder_ + "/log";
  ASSERT_EQ(::close(::open(request.log_file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)), 0);
  for (const auto& [path, mode] : {std::pair(request.log_file, 0660), std::pair(folder_, 0770)}) {
    ASSERT_EQ(::chown(path.c_str(), 0, *group), 0);
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
  }
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setgroups(0, nullptr) != 0 || ::setgid(*group) != 0 || ::setuid(kUser) != 0) ::_exit(3);
    const auto logs = open_decision_logs(request, folder_, "");
    ::_exit(logs ? logs->front().lock && logs->front().head ? 0 : 1 : 2);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

class LogHead : public Log {
 protected:
  [[nodiscard]] ipc::Result<std::vector<DecisionLog>> open() const {
    ExecRequest request;
    request.log_file = folder_ + "/log";
    return open_decision_logs(request, folder_, "");
  }
  [[nodiscard]] std::string head() const { return folder_ + "/log-head"; }
  void expect_refused(std::string_view why) const {
    const auto logs = open();
    ASSERT_FALSE(logs);
    EXPECT_NE(logs.error().what.find(head() + ", which remembers the end of the decision log, " + std::string(why)),
              std::string::npos)
        << logs.error().what;
    EXPECT_FALSE(logs.error().next_step.empty());
  }
};

TEST_F(LogHead, LiesBesideTheLogAndIsAsPrivate) {
  const auto logs = open();
  ASSERT_TRUE(logs);
  EXPECT_TRUE(logs->front().head);
  struct stat of_log {
  }, of_head{};
  ASSERT_EQ(::stat((folder_ + "/log").c_str(), &of_log), 0);
  ASSERT_EQ(::stat(head().c_str(), &of_head), 0);
  EXPECT_EQ(of_log.st_mode, of_head.st_mode);
  EXPECT_EQ(0, ::fcntl(logs->front().head.get(), F_GETFL) & O_APPEND) << "it is written in places of its own";
}

TEST_F(LogHead, NeitherALinkNorAFolderNorAFifoNorAFileWithASecondName) {
  std::filesystem::create_symlink(folder_ + "/elsewhere", head());
  expect_refused("is not a file");
  std::filesystem::remove(head());
  std::filesystem::create_directory(head());
  expect_refused("is not a file");
  std::filesystem::remove(head());
  ASSERT_EQ(::mkfifo(head().c_str(), 0600), 0);
  expect_refused("is not a file");
  std::filesystem::remove(head());
  ASSERT_TRUE(open());
  std::filesystem::create_hard_link(head(), folder_ + "/second");
  expect_refused("has a second name");
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/elsewhere"));
}

TEST_F(LogHead, OneThatOthersMayWriteIsRefused) {
  ASSERT_TRUE(open());
  std::filesystem::permissions(head(), std::filesystem::perms::others_write, std::filesystem::perm_options::add);
  expect_refused("cannot be relied on: ");
}

TEST_F(LogHead, WhereNoneCanBeMadeTheLogIsKeptAndSaysSo) {
  ASSERT_TRUE(open());
  std::filesystem::remove(head());
  std::filesystem::remove(folder_ + "/.log.lock");
  constexpr uid_t kNobody = 65534;  // root may write anywhere, and becomes somebody else for a moment
  const uid_t own = ::geteuid();
  if (own == 0) {
    ASSERT_EQ(0, ::chown(folder_.c_str(), kNobody, kNobody));
    ASSERT_EQ(0, ::chown((folder_ + "/log").c_str(), kNobody, kNobody));
  }
  ASSERT_EQ(0,
            ::chmod((folder_ + "/log").c_str(), 0600));  // one that others read would be refused without its lock file
  ASSERT_EQ(0, ::chmod(folder_.c_str(), 0500));
  ASSERT_EQ(0, ::seteuid(own == 0 ? kNobody : own));
  const auto logs = open();
  ASSERT_EQ(0, ::seteuid(own));
  ASSERT_EQ(0, ::chmod(folder_.c_str(), 0700));
  ASSERT_TRUE(logs) << logs.error().what;
  EXPECT_FALSE(logs->front().head);
  EXPECT_NE(logs->front().without_head.find("will not show"), std::string::npos) << logs->front().without_head;
}

}  // namespace
}  // namespace supervisor
