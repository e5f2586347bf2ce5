#include "caller/witness.h"

#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <optional>
#include <span>
#include <vector>

#include "caller/ancestry.h"
#include "caller/proc_search.h"
#include "callers_fixture.h"
#include "host/sandbox.h"
#include "ipc/process/landlock.h"
#include "ipc/process/lockdown.h"

namespace broker::testing {
namespace {

constexpr std::chrono::seconds kLong{5};

class WitnessTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto started = Witness::start();
    ASSERT_TRUE(started) << started.error().what;
    witness_.emplace(std::move(*started));
  }
  void TearDown() override {
    const pid_t pid = witness_->pid();
    witness_.reset();
    ::waitpid(pid, nullptr, 0);
  }
  WitnessAnswer answer_to(Witness::Ticket ticket) {
    WitnessAnswer answer;
    EXPECT_EQ(witness_->await(ticket, kLong, answer), Witness::Reply::kHere);
    return answer;
  }
  std::optional<Witness> witness_;
};

TEST_F(WitnessTest, EndsWithItsSocket) {
  auto other = Witness::start();
  ASSERT_TRUE(other);
  const pid_t pid = other->pid();
  { const Witness closed = std::move(*other); }
  int status = -1;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(WitnessTest, IsLockedDownBeforeTheFirstQuestion) {
  const auto seen = ipc::seen_from_outside(witness_->pid());
  ASSERT_TRUE(seen);
  EXPECT_TRUE(seen->no_new_privileges);
  EXPECT_EQ(seen->seccomp_mode, 2);
}

TEST_F(WitnessTest, HoldsItsSocketAndProcAlone) {
  if (::getuid() != 0) GTEST_SKIP() << "needs root, to look into a process that is not dumpable";
  const std::string folder = "/proc/" + std::to_string(witness_->pid()) + "/fd";
  std::vector<std::string> open;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    open.push_back(std::filesystem::read_symlink(entry).string());
  }
  ASSERT_EQ(open.size(), 2U);
  std::sort(open.begin(), open.end());
  EXPECT_EQ(open[0], "/proc");
  EXPECT_EQ(open[1].substr(0, 7), "socket:");
}

TEST_F(WitnessTest, CannotBeReadByItsOwnUser) {
  if (::getuid() == 0) GTEST_SKIP() << "root may read everything";
  EXPECT_LT(::open(("/proc/" + std::to_string(witness_->pid()) + "/mem").c_str(), O_RDONLY), 0);
}

TEST_F(WitnessTest, IgnoresTheTerminalsSignals) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) ASSERT_EQ(::kill(witness_->pid(), signal), 0);
  EXPECT_EQ(answer_to(witness_->ask_executable(::getpid())).pid, ::getpid());
}

TEST_F(WitnessTest, PacketOfAnotherShapeEndsIt) {
  ASSERT_EQ(::send(witness_->fd(), "x", 1, 0), 1);
  WitnessAnswer answer;
  const Witness::Ticket ticket = witness_->ask_executable(::getpid());
  if (ticket != 0) {
    EXPECT_EQ(witness_->await(ticket, kLong, answer), Witness::Reply::kGone);
  }
  EXPECT_TRUE(witness_->gone());
  EXPECT_EQ(witness_->ask_executable(::getpid()), 0U);
}

TEST_F(WitnessTest, EndIsNoticedWhileNothingIsAsked) {
  ASSERT_EQ(::kill(witness_->pid(), SIGKILL), 0);
  pollfd readable{witness_->fd(), POLLIN, 0};
  ASSERT_EQ(::poll(&readable, 1, 5000), 1);
  EXPECT_TRUE(witness_->gone());
}

TEST_F(WitnessTest, AnswerThatNobodyWantsIsTakenAway) {
  witness_->abandon(witness_->ask_executable(::getpid()));
  pollfd readable{witness_->fd(), POLLIN, 0};
  ASSERT_EQ(::poll(&readable, 1, 5000), 1);
  EXPECT_FALSE(witness_->gone());
  EXPECT_EQ(::poll(&readable, 1, 0), 0);  // else an event loop would spin
}

TEST_F(WitnessTest, ProcessThatIsNotThereHasNoName) {
  Child ended([] {});
  const pid_t pid = ended.pid();
  ended.reap();
  EXPECT_EQ(answer_to(witness_->ask_executable(pid)).pid, 0);
  EXPECT_EQ(answer_to(witness_->ask_executable(-1)).pid, 0);
}

TEST_F(WitnessTest, NamesTheProgramOfAProcess) {
  const WitnessAnswer answer = answer_to(witness_->ask_executable(::getpid()));
  EXPECT_EQ(executable_of(answer), std::filesystem::read_symlink("/proc/self/exe").string());
  EXPECT_FALSE(comm_of(answer).empty());
  EXPECT_EQ(comm_of(answer).find('\n'), std::string_view::npos);
}

TEST_F(WitnessTest, LongNamesAreCutNotOverrun) {
  char name[] = "/tmp/sentinel_witness_XXXXXX";
  const std::string top = ::mkdtemp(name);
  const std::string folder =
      top + "/" + std::string(200, 'a') + "/" + std::string(200, 'b') + "/" + std::string(200, 'c');
  std::filesystem::create_directories(folder);
  std::filesystem::copy_file("/bin/sleep", folder + "/sleep", std::filesystem::copy_options::overwrite_existing);
  const Pipe running;
  const Child child([&] { ::execl((folder + "/sleep").c_str(), "sleep", "1000", nullptr); });
  WitnessAnswer answer;
  do {
    answer = answer_to(witness_->ask_executable(child.pid()));
  } while (comm_of(answer) != "sleep");
  EXPECT_EQ(executable_of(answer).size(), static_cast<std::size_t>(WitnessAnswer::kMaxPath));
  EXPECT_EQ(executable_of(answer), (folder + "/sleep").substr(0, WitnessAnswer::kMaxPath));
  std::filesystem::remove_all(top);
}

TEST_F(WitnessTest, FindsTheHolderAmongManyChildren) {
  const Listening listening;
  std::vector<Child> crowd;
  for (int i = 0; i < 800; ++i) crowd.emplace_back([] { ::pause(); });  // more than one read of the list of children
  const Child holder([&] {
    const UniqueFd connection = listening.connect(ipc::Transport::Tcp);
    ::pause();
  });
  const UniqueFd server = listening.accept(ipc::Transport::Tcp);
  auto client = ClientSocket::check(UniqueFd(::dup(server.get())), listening.announced());
  ASSERT_TRUE(client);
  auto owners = TcpOwners::open();
  ASSERT_TRUE(owners);
  const auto owner = owners->find(client->client(), client->server());
  ASSERT_TRUE(owner);
  const WitnessAnswer answer = answer_to(witness_->ask_holder(owner->inode, ::getpid(), {}));
  EXPECT_EQ(answer.pid, holder.pid());
  EXPECT_EQ(answer.identity, ipc::Pidfd::open(holder.pid())->identity());
  const pid_t left_out[] = {holder.pid()};
  auto fresh = Witness::start();  // one that does not remember the holder
  ASSERT_TRUE(fresh);
  WitnessAnswer none;
  ASSERT_EQ(fresh->await(fresh->ask_holder(owner->inode, ::getpid(), left_out), kLong, none), Witness::Reply::kHere);
  EXPECT_EQ(none.pid, 0);
}

// The first question notes every socket on the way; a note is no answer.
TEST_F(WitnessTest, SocketThatWasClosedAfterItWasNotedHasNoHolder) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
  const UniqueFd ours(ends[0]), theirs(ends[1]);
  const Child holder([&] {
    std::vector<UniqueFd> sockets;
    for (int i = 0; i < 100; ++i) {
      sockets.emplace_back(::socket(AF_INET, SOCK_STREAM, 0));
      struct stat st {};
      ::fstat(sockets.back().get(), &st);
      ::send(theirs.get(), &st.st_ino, sizeof st.st_ino, 0);
    }
    char which = 0;
    while (::recv(theirs.get(), &which, 1, 0) == 1) {
      sockets[static_cast<std::size_t>(which)].reset();
      ::send(theirs.get(), &which, 1, 0);
    }
  });
  std::vector<ino_t> inodes(100);
  for (ino_t& inode : inodes)
    ASSERT_EQ(::recv(ours.get(), &inode, sizeof inode, 0), static_cast<ssize_t>(sizeof inode));
  const auto holder_of = [&](std::size_t i) { return answer_to(witness_->ask_holder(inodes[i], ::getpid(), {})).pid; };
  for (std::size_t i = 0; i < inodes.size(); ++i) EXPECT_EQ(holder_of(i), holder.pid()) << i;
  char which = 7;
  ASSERT_EQ(::send(ours.get(), &which, 1, 0), 1);
  ASSERT_EQ(::recv(ours.get(), &which, 1, 0), 1);
  EXPECT_EQ(holder_of(7), 0);
  EXPECT_EQ(holder_of(8), holder.pid());
  EXPECT_EQ(answer_to(witness_->ask_holder(0, ::getpid(), {})).pid, 0);
}

// ---- one walk for all that wait

// A child that holds `count` sockets, whose inodes it tells.
class Hoard {
 public:
  explicit Hoard(std::size_t count)
      : inodes(count), child_([&] {
          std::vector<UniqueFd> sockets(count);
          for (UniqueFd& held : sockets) {
            held = UniqueFd(::socket(AF_INET, SOCK_STREAM, 0));
            struct stat st {};
            ::fstat(held.get(), &st);
            told_.put(st.st_ino);
          }
          ::pause();
        }) {
    for (ino_t& inode : inodes) inode = told_.get<ino_t>();
  }
  [[nodiscard]] pid_t pid() const { return child_.pid(); }

  std::vector<ino_t> inodes;

 private:
  Pipe told_;
  Child child_;
};

struct Asked {
  std::vector<WitnessQuestion> questions;
  std::vector<WitnessAnswer> answers;
};

Asked search_below_us(ProcSearch& search, std::span<const ino_t> inodes) {
  Asked asked;
  for (const ino_t inode : inodes) {
    WitnessQuestion question;
    question.task = WitnessTask::kHolder;
    question.inode = inode;
    question.root = ::getpid();
    asked.questions.push_back(question);
  }
  asked.answers.resize(inodes.size());
  search.find_holders(asked.questions, asked.answers);
  return asked;
}

UniqueFd proc() { return UniqueFd(::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)); }

TEST(ProcSearchTest, OneBatchFindsTheSocketsOfSeveralProcesses) {
  const Hoard one(30), two(30);
  std::vector<ino_t> inodes = one.inodes;
  inodes.insert(inodes.end(), two.inodes.begin(), two.inodes.end());
  inodes.push_back(1);  // of nobody
  const SystemClock clock;
  ProcSearch search(proc(), clock);
  const Asked asked = search_below_us(search, inodes);
  for (std::size_t i = 0; i < 60; ++i) {
    EXPECT_EQ(asked.answers[i].pid, i < 30 ? one.pid() : two.pid());
    EXPECT_NE(asked.answers[i].executable_bytes, 0U);
  }
  EXPECT_EQ(asked.answers[60].pid, 0);
  EXPECT_EQ(asked.answers[60].cut_short, 0U);
}

// What the bound leaves for the others is enough: an older process with many files comes after them.
TEST(ProcSearchTest, NewestProcessesComeBeforeOneWithManyFiles) {
  const Hoard many(600), newest(1);
  const SystemClock clock;
  ProcSearch search(proc(), clock, 64);
  EXPECT_EQ(search_below_us(search, newest.inodes).answers[0].pid, newest.pid());
}

// A few files of each before the rest of any: the newest process has many, and an older one is found all the same.
TEST(ProcSearchTest, ProcessWithManyFilesDelaysNoOther) {
  const Hoard older(1), many(600);
  const SystemClock clock;
  ProcSearch search(proc(), clock, ProcSearch::kFirstLinks + 64);
  EXPECT_EQ(search_below_us(search, older.inodes).answers[0].pid, older.pid());
}

TEST(ProcSearchTest, FileBeyondTheFirstLookIsFound) {
  const Hoard many(600);
  const SystemClock clock;
  ProcSearch search(proc(), clock);
  const ino_t last[] = {many.inodes.back()};
  EXPECT_EQ(search_below_us(search, last).answers[0].pid, many.pid());
}

TEST(ProcSearchTest, SearchThatEndedEarlySaysSo) {
  const Hoard many(600);
  const SystemClock clock;
  ProcSearch search(proc(), clock, 300);
  const ino_t last[] = {many.inodes.back()};
  const Asked asked = search_below_us(search, last);
  EXPECT_EQ(asked.answers[0].pid, 0);
  EXPECT_EQ(asked.answers[0].cut_short, 1U);
}

// ---- what its filter refuses

using ipc::ANY;
using ipc::ARG_IS;
using ipc::BITS_CLEAR;
#define ALLOW SENTINEL_ALLOW
constexpr ipc::SyscallRule kRules[] = {
#include "caller/witness_syscalls.def"
};
#undef ALLOW

// The signal that ends a process with the witness's filter when it does `deed`.
int signal_of(const std::function<void()>& deed) {
  Child child([&] {
    ipc::LockdownSpec spec{};
    spec.rules = kRules;
    spec.default_action = SCMP_ACT_KILL_PROCESS;
    spec.landlock = false;
    if (!ipc::lock_down(spec)) ::_exit(1);
    deed();
  });
  const int status = child.reap();
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

TEST(WitnessFilterTest, KillsWhatTheWitnessDoesNotDo) {
#ifdef SENTINEL_SANITIZED
  GTEST_SKIP() << "a sanitizer's own calls would be killed first";
#endif
  EXPECT_EQ(signal_of([] { ::openat(AT_FDCWD, "/tmp/x", O_WRONLY); }), SIGSYS);
  EXPECT_EQ(signal_of([] { ::openat(AT_FDCWD, "/tmp/x", O_RDONLY | O_CREAT, 0600); }), SIGSYS);
  EXPECT_EQ(signal_of([] { (void)!::write(1, "x", 1); }), SIGSYS);
  EXPECT_EQ(signal_of([] { ::socket(AF_INET, SOCK_STREAM, 0); }), SIGSYS);
  EXPECT_EQ(signal_of([] { ::execl("/bin/true", "true", nullptr); }), SIGSYS);
  EXPECT_EQ(signal_of([] { (void)::fork(); }), SIGSYS);
  EXPECT_EQ(signal_of([] {
              char byte;
              (void)!::pread(0, &byte, 1, 0);
            }),
            SIGSYS);  // of /proc/PID/mem
  EXPECT_EQ(signal_of([] { ::syscall(SYS_pidfd_getfd, 0, 0, 0); }), SIGSYS);
  EXPECT_EQ(signal_of([] { ::syscall(SYS_pidfd_send_signal, 0, SIGTERM, nullptr, 0); }), SIGSYS);
  EXPECT_EQ(signal_of([] { ::kill(::getppid(), SIGTERM); }), SIGSYS);
  EXPECT_EQ(signal_of([] { ::syscall(SYS_process_vm_readv, 1, nullptr, 0, nullptr, 0, 0); }), SIGSYS);
  EXPECT_EQ(signal_of([] { ::syscall(SYS_ptrace, 0, 0, 0, 0); }), SIGSYS);
  EXPECT_EQ(signal_of([] { (void)::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }),
            SIGSYS);
  EXPECT_EQ(signal_of([] { (void)::openat(AT_FDCWD, "/proc/self/comm", O_RDONLY); }), 0);
}

// ---- why there is a witness, and that the broker's own protections leave it what it needs

TEST(WitnessReasonTest, LandlockHidesOtherProcessesFilesFromTheBroker) {
  const Child other([] { ::pause(); });
  Child landlocked([&] {
    char link[512];
    const std::string exe = "/proc/" + std::to_string(other.pid()) + "/exe";
    const std::string fd = "/proc/" + std::to_string(other.pid()) + "/fd/0";
    if (::readlink(exe.c_str(), link, sizeof link) <= 0) ::_exit(1);
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) ::_exit(2);
    const ipc::ReadablePath proc[] = {{"/proc"}};
    const auto abi = ipc::restrict_with_landlock(proc, false);
    if (!abi) ::_exit(3);
    if (*abi == 0) ::_exit(77);
    if (::readlink(exe.c_str(), link, sizeof link) >= 0 || errno != EACCES) ::_exit(4);
    if (::readlink(fd.c_str(), link, sizeof link) >= 0 || errno != EACCES) ::_exit(5);
  });
  const int status = landlocked.reap();
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "this kernel has no Landlock";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

// What the broker does with one client, in its own process and behind its own sandbox. 0: the caller passed.
int judge_in_sandbox(const UniqueFd& control, UniqueFd server, const Listening& listening) {
  auto sources = CallerSources::open();
  if (!sources) return 100;
  auto supervisor = supervisor_behind(control.get());
  if (!supervisor) return 101;
  const SystemClock clock;
  auto check = CallerCheck::open(std::move(*supervisor), ::getuid(), **sources, clock);
  if (!check) return 102;
  if (!enter_sandbox(ReadableFiles{})) return 103;
  auto client = ClientSocket::check(std::move(server), listening.announced());
  if (!client) return 104;
  CallerInquiry inquiry = check->begin(*client, Check::kPassed);
  if (!check->settle(inquiry, kLong)) return 105;
  if (inquiry.facts.allowed() && inquiry.facts.executable.empty()) return 106;
  if (inquiry.facts.allowed() && check->still_the_caller(*client, inquiry.facts) != Check::kPassed) return 107;
  return static_cast<int>(inquiry.facts.check);
}

// A grandchild of the supervisor calls; a broker started by the supervisor judges.
void expect_caller_passes(const std::function<bool()>& before) {
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
  const Listening listening;
  int control[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control), 0);
  const UniqueFd ours(control[0]), theirs(control[1]);
  for (const ipc::Transport transport : {ipc::Transport::Unix, ipc::Transport::Tcp}) {
    const Child caller([&] {
      if (::fork() == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        const UniqueFd connection = listening.connect(transport);
        ::pause();
      }
      ::pause();
    });
    UniqueFd server = listening.accept(transport);
    Child broker([&] { ::_exit(before() ? judge_in_sandbox(theirs, std::move(server), listening) : 99); });
    const int status = broker.reap();
    ASSERT_TRUE(WIFEXITED(status)) << WTERMSIG(status);
    EXPECT_EQ(WEXITSTATUS(status), 0) << ipc::transport_name(transport);
  }
}

TEST(WitnessReasonTest, CallersAreJudgedFromInsideTheBrokersSandbox) {
  expect_caller_passes([] { return true; });
}

// Makes this kernel answer as Linux 6.1, which Debian 12 has: no SO_PEERPIDFD, no PIDFD_GET_INFO, no identities.
bool behave_as_an_older_kernel() {
  constexpr int kSoPeerPidfd = 77;
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  const bool loaded = filter &&
                      seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 1,
                                       SCMP_A1(SCMP_CMP_EQ, ipc::kPidfdGetInfo)) == 0 &&
                      seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOPROTOOPT), SCMP_SYS(getsockopt), 1,
                                       SCMP_A2(SCMP_CMP_EQ, kSoPeerPidfd)) == 0 &&
                      seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(fstatfs), 0) == 0 &&
                      seccomp_load(filter) == 0;
  seccomp_release(filter);
  return loaded;
}

TEST(WitnessReasonTest, CallersAreJudgedOnKernelsThatSayLess) { expect_caller_passes(behave_as_an_older_kernel); }

// With hidepid, /proc hides the supervisor from a broker of the same user: where parents are asked there alone, no
// caller could ever be known, and the start says why.
TEST(WitnessReasonTest, HiddenSupervisorIsSaidWhereParentsAreAskedInProcAlone) {
  if (::getuid() != 0) GTEST_SKIP() << "needs root, to mount another /proc";
  Child outer([] {
    if (::unshare(CLONE_NEWPID | CLONE_NEWNS) != 0) ::_exit(77);
    Child supervisor([] {
      const bool ready = ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                         ::mount("proc", "/proc", "proc", 0, "hidepid=2") == 0 && ::setgroups(0, nullptr) == 0 &&
                         ::setresgid(4242, 4242, 4242) == 0 && ::setresuid(4242, 4242, 4242) == 0 &&
                         ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                         behave_as_an_older_kernel();
      if (!ready) ::_exit(77);
      Child broker([] {
        auto above = ipc::Pidfd::open(::getppid());
        const auto found = above ? Ancestry::below(std::move(*above)) : std::unexpected(above.error());
        if (found) ::_exit(1);
        ::_exit(found.error().what.contains("hidepid") && !found.error().next_step.empty() ? 0 : 2);
      });
      ::_exit(WEXITSTATUS(broker.reap()));
    });
    ::_exit(WEXITSTATUS(supervisor.reap()));
  });
  const int status = outer.reap();
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "no namespaces to be had here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace broker::testing
