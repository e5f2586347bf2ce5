// The process: it ends with its socket, and a lookup that hangs, dies or was taken over is that one's alone.
#include "principals/account_reader.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>

#include "ipc/process/lockdown.h"
#include "principals/account_reader_case.h"
#include "principals/own_etc.h"

namespace broker::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAreArray;

// How a process ended of which we are the reaper.
std::optional<int> end_of(pid_t pid) {
  int status = 0;
  for (int tries = 0; tries < 6000; ++tries) {
    if (::waitpid(pid, &status, WNOHANG) == pid) return status;
    ::usleep(10'000);
  }
  return std::nullopt;
}

// ---- the process

TEST_F(AccountReaderTest, EndsWithItsSocket) {
  start();
  const pid_t pid = reader_->pid();
  reader_.reset();
  int status = -1;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(AccountReaderTest, PacketOfAnotherShapeEndsIt) {
  for (const std::string& packet : {std::string(), std::string("abc"), std::string("abcde")}) {
    start();
    ASSERT_GE(::send(reader_->fd(), packet.data(), packet.size(), 0), 0);
    AccountAnswer answer;
    pollfd readable{reader_->fd(), POLLIN, 0};
    ASSERT_EQ(::poll(&readable, 1, kLong), 1);
    EXPECT_EQ(reader_->take(answer), AccountReader::Reply::kGone);
    TearDown();
    reader_.reset();
  }
}

TEST_F(AccountReaderTest, IsLockedDownBeforeTheFirstQuestion) {
  start();
  const auto seen = ipc::seen_from_outside(reader_->pid());
  ASSERT_TRUE(seen);
  EXPECT_TRUE(seen->no_new_privileges);
  EXPECT_EQ(seen->seccomp_mode, 2);
}

TEST_F(AccountReaderTest, HoldsItsSocketAlone) {
  if (::getuid() != 0) GTEST_SKIP() << "needs root, to look into a process that is not dumpable";
  const ipc::UniqueFd open_in_the_broker(::open("/etc/hostname", O_RDONLY));
  start();
  std::vector<std::string> open;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(reader_->pid()) + "/fd"))
    open.push_back(std::filesystem::read_symlink(entry).string().substr(0, 7));
  EXPECT_THAT(open, UnorderedElementsAreArray({"/dev/nu", "/dev/nu", "/dev/nu", "socket:"}));
}

TEST_F(AccountReaderTest, IgnoresTheTerminalsSignals) {
  start();
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) ASSERT_EQ(::kill(reader_->pid(), signal), 0);
  EXPECT_TRUE(answer_to(0).account);
}

// ---- lookups that hang or die, behind an /etc/group that answers no one

TEST_F(AccountReaderTest, LookupThatHangsEndsInTime) {
  OwnEtc etc;
  if (!etc.works()) GTEST_SKIP() << "needs root, to mount: start the tests as root";
  etc.put_what_hangs("group");
  start(std::chrono::milliseconds(100));
  const AccountAnswer answer = answer_to(0);
  ASSERT_FALSE(answer.account);
  EXPECT_EQ(answer.account.error().what, "the user database did not answer in time");
  EXPECT_TRUE(wait_for_lookups(0).empty());
}

TEST_F(AccountReaderTest, LookupThatHangsDelaysNoOther) {
  OwnEtc etc;
  if (!etc.works()) GTEST_SKIP() << "needs root, to mount: start the tests as root";
  etc.put_what_hangs("group");
  start(std::chrono::seconds(600));
  ASSERT_TRUE(reader_->ask(0));
  const AccountAnswer answer = answer_to(kNobodyHas);
  EXPECT_TRUE(answer.account) << "who has no login is in no group that would have to be asked for";
  EXPECT_EQ(wait_for_lookups(1).size(), 1U);
}

TEST_F(AccountReaderTest, LookupsAtATimeAreBounded) {
  OwnEtc etc;
  if (!etc.works()) GTEST_SKIP() << "needs root, to mount: start the tests as root";
  std::string passwd;
  for (int uid = 0; uid <= 8; ++uid)
    passwd += "user" + std::to_string(uid) + ":x:" + std::to_string(uid) + ":0::/:/bin/sh\n";
  etc.put("passwd", passwd);
  etc.put_what_hangs("group");
  start(std::chrono::seconds(600));
  for (uid_t uid = 0; uid <= 8; ++uid) ASSERT_TRUE(reader_->ask(uid));
  const AccountAnswer answer = next();
  EXPECT_EQ(answer.uid, 8U);
  ASSERT_FALSE(answer.account);
  EXPECT_THAT(answer.account.error().what, HasSubstr("too many questions"));
  EXPECT_EQ(lookups().size(), AccountReader::kMostLookups);
}

TEST_F(AccountReaderTest, LookupThatIsKilledIsAnAnswerAndTheReaderGoesOn) {
  OwnEtc etc;
  if (!etc.works()) GTEST_SKIP() << "needs root, to mount: start the tests as root";
  etc.put_what_hangs("group");
  start(std::chrono::seconds(600));
  ASSERT_TRUE(reader_->ask(0));
  const auto pids = wait_for_lookups(1);
  ASSERT_EQ(pids.size(), 1U);
  ASSERT_EQ(::kill(pids[0], SIGSEGV), 0);  // blocked, and SIGKILL is not
  ASSERT_EQ(::kill(pids[0], SIGKILL), 0);
  const AccountAnswer answer = next();
  EXPECT_EQ(answer.uid, 0U);
  ASSERT_FALSE(answer.account);
  EXPECT_EQ(answer.account.error().what, "the lookup ended before it had an answer");
  EXPECT_TRUE(answer_to(kNobodyHas).account);
}

TEST_F(AccountReaderTest, LookupsEndWithTheReaderAlsoWhereItIsKilled) {
  OwnEtc etc;
  if (!etc.works()) GTEST_SKIP() << "needs root, to mount: start the tests as root";
  etc.put_what_hangs("group");
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
  for (const bool is_killed : {false, true}) {
    start(std::chrono::seconds(600));
    ASSERT_TRUE(reader_->ask(0));
    const auto pids = wait_for_lookups(1);
    ASSERT_EQ(pids.size(), 1U);
    if (is_killed) ::kill(reader_->pid(), SIGKILL);
    TearDown();
    reader_.reset();
    EXPECT_TRUE(end_of(pids[0]));
  }
  ::prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
}

// ---- what a library that was taken over cannot do

TEST_F(AccountReaderTest, NoFileIsReadOutsideOfTheSystemsFolders) {
  OwnEtc etc;
  if (!etc.works()) GTEST_SKIP() << "needs root, to mount: start the tests as root";
  if (::syscall(SYS_landlock_create_ruleset, nullptr, 0, 1) <= 0) GTEST_SKIP() << "this kernel has no Landlock";
  etc.put_elsewhere("passwd", "root:x:0:0::/:/bin/sh\n");
  start();
  EXPECT_FALSE(answer_to(0).account);
  etc.put("passwd", "root:x:0:0::/:/bin/sh\n");
  EXPECT_TRUE(answer_to(0).account) << "the case above can fail";
}

#define REFUSE SENTINEL_REFUSE
constexpr ipc::SyscallRule kRefused[] = {
#include "principals/account_syscalls.def"
};
#undef REFUSE

TEST(AccountFilter, RefusesWhatNoDatabaseNeedsAndNothingElse) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ipc::LockdownSpec spec{};
    spec.rules = kRefused;
    spec.default_action = SCMP_ACT_ALLOW;
    spec.landlock = false;
    if (!ipc::lock_down(spec)) ::_exit(1);
    char* const none[] = {nullptr};
    if (::execve("/bin/true", none, none) == 0 || errno != EPERM) ::_exit(2);
    if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0 || errno != EPERM) ::_exit(3);
    if (::syscall(SYS_process_vm_readv, ::getppid(), nullptr, 0, nullptr, 0, 0) == 0 || errno != EPERM) ::_exit(4);
    if (::syscall(SYS_pidfd_getfd, -1, 0, 0) == 0 || errno != EPERM) ::_exit(5);
    if (::syscall(SYS_io_uring_setup, 0, nullptr) == 0 || errno != ENOSYS) ::_exit(6);
    if (::syscall(SYS_keyctl, 0, 0, 0, 0, 0) == 0 || errno != EPERM) ::_exit(7);
    if (::unshare(CLONE_NEWUSER) == 0 || errno != EPERM) ::_exit(8);
    const ipc::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM, 0)), file(::open("/etc/passwd", O_RDONLY));
    ::_exit(socket && file ? 0 : 9);
  }
  const auto status = end_of(pid);
  ASSERT_TRUE(status);
  EXPECT_EQ(WEXITSTATUS(*status), 0);
}

}  // namespace
}  // namespace broker::testing
