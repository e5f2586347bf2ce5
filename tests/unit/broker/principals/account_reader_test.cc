// The real process, which asks this host's real databases.
#include "principals/account_reader.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>

#include "ipc/process/lockdown.h"
#include "principals/accounts.h"
#include "principals/own_etc.h"
#include "principals/principal_map.h"
#include "principals/rows_fixture.h"

namespace broker::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAreArray;

constexpr uid_t kNobodyHas = 4'000'000'001;
constexpr int kLong = 60'000;

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

TEST_F(AccountReaderTest, LookupThatHangsDelaysNoOtherAndEndsInTime) {
  OwnEtc etc;
  if (!etc.works()) GTEST_SKIP() << "needs root, to mount: start the tests as root";
  etc.put_what_hangs("group");
  start(std::chrono::seconds(2));
  ASSERT_TRUE(reader_->ask(0));
  ASSERT_TRUE(reader_->ask(kNobodyHas));
  const AccountAnswer first = next();
  EXPECT_EQ(first.uid, kNobodyHas) << "who has no login is in no group that would have to be asked for";
  EXPECT_TRUE(first.account);
  const AccountAnswer second = next();
  EXPECT_EQ(second.uid, 0U);
  ASSERT_FALSE(second.account);
  EXPECT_EQ(second.account.error().what, "the user database did not answer in time");
  EXPECT_TRUE(wait_for_lookups(0).empty());
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
    const auto status = end_of(pids[0]);
    ASSERT_TRUE(status);
    EXPECT_TRUE(WIFSIGNALED(*status));
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

// ---- what the databases say

TEST_F(AccountReaderTest, NameOfTwoUidsIsRefused) {
  OwnEtc etc;
  if (!etc.works()) GTEST_SKIP() << "needs root, to mount: start the tests as root";
  etc.put("passwd", "marta:x:1000:0::/:/bin/sh\nmarta:x:5000:0::/:/bin/sh\ntoor:x:1000:0::/:/bin/sh\n");
  start();
  const AccountAnswer answer = answer_to(5000);
  ASSERT_FALSE(answer.account);
  EXPECT_THAT(answer.account.error().what, HasSubstr("says that \"marta\" is uid 1000"));
  const AccountAnswer first = answer_to(1000);
  ASSERT_TRUE(first.account);
  EXPECT_EQ(first.account->login, "marta") << "the first of two logins of one uid";
}

TEST_F(AccountReaderTest, GroupsAreAllOrAReason) {
  OwnEtc etc;
  if (!etc.works()) GTEST_SKIP() << "needs root, to mount: start the tests as root";
  std::string groups = "users:x:100:\n" + std::string(300, 'l') + ":x:50000:marta\n";
  std::vector<std::string> expected{"users"};
  for (std::size_t i = 0; i < kMostGroups; ++i) {
    const std::string name = "group" + std::to_string(i);
    groups += name + ":x:" + std::to_string(10000 + i) + (i < kMostGroups - 2 ? ":otto,marta\n" : ":otto\n");
    if (i < kMostGroups - 2) expected.push_back(name);
  }
  etc.put("passwd", "marta:x:1000:100::/:/bin/sh\notto:x:1001:100::/:/bin/sh\nina:x:1002:77777::/:/bin/sh\n");
  etc.put("group", groups);
  start();
  const AccountAnswer too_many = answer_to(1001);
  ASSERT_FALSE(too_many.account);
  EXPECT_THAT(too_many.account.error().what, HasSubstr("more than 1024 groups"));
  const AccountAnswer marta = answer_to(1000);
  ASSERT_TRUE(marta.account) << marta.account.error().what;
  EXPECT_THAT(*marta.account->groups, UnorderedElementsAreArray(expected)) << "without the one that no row could name";
  const AccountAnswer ina = answer_to(1002);
  ASSERT_TRUE(ina.account);
  EXPECT_TRUE(ina.account->groups && ina.account->groups->empty()) << "a number without a name is left out";
}

TEST_F(AccountReaderTest, UserWhoWasMadeMeanwhileIsFound) {
  OwnEtc etc;
  if (!etc.works()) GTEST_SKIP() << "needs root, to mount: start the tests as root";
  start();
  EXPECT_EQ(answer_to(kNobodyHas).account->login, "");
  etc.put("passwd", "root:x:0:0::/:/bin/sh\nmarta:x:4000000001:0::/:/bin/sh\n");
  EXPECT_EQ(answer_to(kNobodyHas).account->login, "marta");
}

TEST_F(AccountReaderTest, UidThatNobodyHasIsNoLogin) {
  start();
  const AccountAnswer answer = answer_to(kNobodyHas);
  ASSERT_TRUE(answer.account);
  EXPECT_EQ(answer.account->uid, kNobodyHas);
  EXPECT_EQ(answer.account->login, "");
  EXPECT_FALSE(answer.account->groups);
}

TEST_F(AccountReaderTest, OwnUserIsAsTheDatabasesSay) {
  const passwd* const own = ::getpwuid(::getuid());
  if (own == nullptr) GTEST_SKIP() << "who runs this test has no login";
  const std::string name = own->pw_name;
  std::vector<gid_t> gids(kMostGroups);
  int count = static_cast<int>(gids.size());
  ASSERT_GE(::getgrouplist(name.c_str(), own->pw_gid, gids.data(), &count), 0);
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) {
    if (const group* const found = ::getgrgid(gids[static_cast<std::size_t>(i)])) names.emplace_back(found->gr_name);
  }
  start();
  const AccountAnswer answer = answer_to(::getuid());
  ASSERT_TRUE(answer.account) << answer.account.error().what;
  EXPECT_EQ(answer.account->login, name);
  EXPECT_THAT(*answer.account->groups, UnorderedElementsAreArray(names));
}

// ---- the whole way, on a real loop

TEST_F(AccountReaderTest, UidBecomesAPrincipal) {
  const passwd* const own = ::getpwuid(::getuid());
  if (own == nullptr) GTEST_SKIP() << "who runs this test has no login";
  const std::string name = own->pw_name;
  start();
  const pid_t pid = reader_->pid();
  const EventBasePtr base = new_event_base();
  EventTimers timers(base.get());
  const SystemClock clock;
  auto accounts = Accounts::make(std::move(*reader_), {base.get(), timers, clock, [](const std::string&) {}});
  reader_.reset();
  ASSERT_TRUE(accounts);
  auto map = PrincipalMap::make({by_name(name, "x-{name}")}, host_overflow_uid());
  ASSERT_TRUE(map);
  std::vector<std::string> users;
  std::vector<Accounts::Waiting> waiting;
  for (const uid_t uid : {::getuid(), kNobodyHas}) {
    waiting.push_back((*accounts)->find(uid, [&](const ipc::Result<Account>& account) {
      ASSERT_TRUE(account) << account.error().what;
      const auto principal = map->principal_of(*account);
      users.push_back(principal ? principal->user : "refused");
      if (users.size() == 2) event_base_loopbreak(base.get());
    }));
  }
  event_base_dispatch(base.get());
  EXPECT_THAT(users, UnorderedElementsAreArray({"x-" + name, std::string("refused")}));
  accounts->reset();
  ::waitpid(pid, nullptr, 0);
}

}  // namespace
}  // namespace broker::testing
