#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#include <fstream>
#include <optional>
#include <thread>

#include "callers_fixture.h"
#include "fake_clock.h"

namespace broker::testing {
namespace {

using ipc::Transport;

// The test process plays the supervisor (a subreaper) and the broker; its children are the command's processes.
class CallerTest : public ::testing::TestWithParam<Transport> {
 protected:
  void SetUp() override {
    ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
    check_.emplace(make_check(::getpid()));
  }
  // Orphans of the tests came to us: none may be left to the next test.
  void TearDown() override {
    check_.reset();
    sources_.clear();
    release_.in.reset();
    while (::waitpid(-1, nullptr, 0) > 0) {
    }
  }

  CallerCheck make_check(pid_t supervisor) {
    auto sources = CallerSources::open();
    EXPECT_TRUE(sources) << sources.error().what;
    sources_.push_back(std::move(*sources));
    ipc::Result<ipc::Pidfd> process = ipc::Pidfd::open(supervisor);
    EXPECT_TRUE(process);
    ipc::Result<CallerCheck> check = CallerCheck::open(std::move(*process), ::getuid(), *sources_.back(), clock_);
    EXPECT_TRUE(check) << check.error().what;
    return std::move(*check);
  }

  // Of a child: connects and holds the connection until the test ends.
  void connect_and_hold() {
    const UniqueFd connection = listening_.connect(GetParam());
    hold();
  }
  void hold() {
    release_.in.reset();
    char byte;
    (void)!::read(release_.out.get(), &byte, 1);
    ::_exit(0);
  }
  Child caller() {
    return Child([this] { connect_and_hold(); });
  }
  // Not below the test process: an orphan that went past it, to a reaper above.
  void start_outsider() {
    ::prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
    Child parent([this] {
      if (::fork() == 0) connect_and_hold();
    });
    parent.reap();
    ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  }
  UniqueFd accept() { return listening_.accept(GetParam()); }

  ClientSocket client_of(const UniqueFd& server) {
    auto client = ClientSocket::check(UniqueFd(::dup(server.get())), listening_.announced());
    EXPECT_TRUE(client) << check_name(client.error());
    return std::move(*client);
  }
  CallerFacts judge(CallerCheck& check, const UniqueFd& server) {
    const ClientSocket client = client_of(server);
    CallerInquiry inquiry = check.begin(client, Check::kPassed);
    while (!check.settle(inquiry, std::chrono::milliseconds(10))) {
    }
    return inquiry.facts;
  }
  CallerFacts judge(const UniqueFd& server) { return judge(*check_, server); }
  std::string verdict(const UniqueFd& server) { return std::string(check_name(judge(server).check)); }
  std::string by_transport(std::string_view on_unix, std::string_view on_tcp) {
    return std::string(GetParam() == Transport::Unix ? on_unix : on_tcp);
  }

  FakeClock clock_;
  Listening listening_;
  Pipe release_;
  std::vector<std::unique_ptr<CallerSources>> sources_;
  std::optional<CallerCheck> check_;
};

// ---- refusals

TEST_P(CallerTest, SameUserOutsideTheTreeIsRefused) {
  const Child command([] { ::pause(); });
  CallerCheck check = make_check(command.pid());
  start_outsider();
  const UniqueFd server = accept();
  const CallerFacts facts = judge(check, server);
  EXPECT_EQ(check_name(facts.check), by_transport("peer-outside-tree", "tcp-holder"));
  EXPECT_EQ(facts.uid, static_cast<long>(::getuid()));
}

TEST_P(CallerTest, ProcessBelowTheBrokerIsRefused) {
  const Child command([] { ::pause(); });
  CallerCheck check = make_check(command.pid());
  const Child below = caller();
  EXPECT_EQ(check_name(judge(check, accept()).check), by_transport("peer-below-helper", "tcp-holder"));
}

TEST_P(CallerTest, AnotherUserIsRefused) {
  if (::getuid() != 0) GTEST_SKIP() << "needs root, to become another user";
  const Child stranger([this] {
    if (::setresuid(4242, 4242, 4242) != 0) ::_exit(1);
    connect_and_hold();
  });
  const UniqueFd server = accept();
  const CallerFacts facts = judge(server);
  EXPECT_EQ(check_name(facts.check), "peer-user");
  EXPECT_EQ(facts.uid, 4242);
}

TEST_P(CallerTest, BecomingAnotherUserAfterConnectingIsNoticed) {
  if (::getuid() != 0) GTEST_SKIP() << "needs root, to become another user";
  const Pipe changed;
  const Child stranger([&] {
    const UniqueFd connection = listening_.connect(GetParam());
    if (::setresuid(4242, 4242, 4242) != 0) ::_exit(1);
    changed.put('x');
    hold();
  });
  const UniqueFd server = accept();
  changed.get<char>();
  EXPECT_EQ(verdict(server), "peer-user");
}

TEST_P(CallerTest, SentinelsOwnProcessesAreRefused) {
  const UniqueFd connection = listening_.connect(GetParam());  // the broker itself
  const UniqueFd server = accept();
  EXPECT_EQ(verdict(server), by_transport("peer-ours", "tcp-holder"));
}

TEST_P(CallerTest, HelperIsRefused) {
  const Child frontend = caller();
  const UniqueFd server = accept();
  ASSERT_TRUE(check_->leave_out(frontend.pid()));
  EXPECT_EQ(verdict(server), by_transport("peer-ours", "tcp-holder"));
}

TEST_P(CallerTest, DescendantOfAHelperIsRefused) {
  const Child frontend([this] {
    const Child below = caller();
    hold();
  });
  const UniqueFd server = accept();
  ASSERT_TRUE(check_->leave_out(frontend.pid()));
  EXPECT_EQ(verdict(server), by_transport("peer-below-helper", "tcp-holder"));
}

TEST_P(CallerTest, SupervisorItselfIsRefused) {
  const Child supervisor = caller();
  CallerCheck check = make_check(supervisor.pid());
  const UniqueFd server = accept();
  EXPECT_EQ(check_name(judge(check, server).check), by_transport("peer-ours", "tcp-holder"));
}

TEST_P(CallerTest, EndedCallerIsRefusedAsZombieAndReaped) {
  Child ended([this] {
    const UniqueFd connection = listening_.connect(GetParam());
    ::_exit(0);
  });
  const UniqueFd server = accept();
  ended.wait_for_zombie();
  EXPECT_EQ(verdict(server), by_transport("peer-gone", "tcp-orphan"));
  ended.reap();
  EXPECT_EQ(verdict(server), by_transport("peer-gone", "tcp-orphan"));
}

TEST_P(CallerTest, ConnectionLeftToAProcessOutsideIsRefused) {
  const Child command([] { ::pause(); });
  CallerCheck check = make_check(command.pid());
  // Connects as a process that is gone when the request is judged; its child, outside the tree, keeps the connection.
  Child connector([this] {
    const UniqueFd connection = listening_.connect(GetParam());
    if (::fork() == 0) hold();
    ::_exit(0);
  });
  const UniqueFd server = accept();
  connector.reap();
  EXPECT_EQ(check_name(judge(check, server).check), by_transport("peer-gone", "tcp-holder"));
}

TEST_P(CallerTest, TooManyParentsAreRefused) {
  const Child top([this] {
    for (int i = 0; i < Ancestry::kMaxDepth + 2; ++i) {
      if (::fork() != 0) hold();
    }
    connect_and_hold();
  });
  const UniqueFd server = accept();
  EXPECT_EQ(verdict(server), "peer-too-deep");
}

TEST_P(CallerTest, WitnessThatEndedIsARefusal) {
  const Child child = caller();
  const UniqueFd server = accept();
  ASSERT_EQ(::kill(sources_.back()->witness.pid(), SIGKILL), 0);
  ::waitpid(sources_.back()->witness.pid(), nullptr, 0);
  EXPECT_EQ(verdict(server), "witness-gone");
  EXPECT_TRUE(sources_.back()->witness.gone());
  EXPECT_EQ(verdict(server), "witness-gone");
}

// On Unix the witness only names the caller for the log: the kernel has vouched for it without.
TEST_P(CallerTest, WitnessThatSaysNothingIsARefusalWhereOnlyItKnowsTheCaller) {
  const Child child = caller();
  const UniqueFd server = accept();
  ASSERT_EQ(::kill(sources_.back()->witness.pid(), SIGSTOP), 0);
  const ClientSocket client = client_of(server);
  CallerInquiry inquiry = check_->begin(client, Check::kPassed);
  clock_.pass(CallerCheck::kDeadline - std::chrono::nanoseconds(1));
  EXPECT_FALSE(check_->settle(inquiry));
  clock_.pass(std::chrono::nanoseconds(1));
  EXPECT_TRUE(check_->settle(inquiry));
  EXPECT_EQ(check_name(inquiry.facts.check), by_transport("passed", "witness-late"));
  EXPECT_EQ(inquiry.facts.executable, "");
  ASSERT_EQ(::kill(sources_.back()->witness.pid(), SIGCONT), 0);
  EXPECT_EQ(verdict(server), "passed");  // the answer to the question that was given up is skipped
}

// ---- callers

TEST_P(CallerTest, ChildOfTheSupervisorIsACaller) {
  const Child child = caller();
  const UniqueFd server = accept();
  const CallerFacts facts = judge(server);
  EXPECT_EQ(check_name(facts.check), "passed");
  EXPECT_EQ(facts.pid, child.pid());
  EXPECT_EQ(facts.uid, static_cast<long>(::getuid()));
  EXPECT_EQ(facts.executable, std::filesystem::read_symlink("/proc/self/exe").string());
  EXPECT_FALSE(facts.comm.empty());
  EXPECT_EQ(verdict(server), "passed");  // the second time from what was remembered
}

TEST_P(CallerTest, DaemonOfADeadParentIsACaller) {
  const pid_t supervisor = ::getpid();
  const Child parent([this, supervisor] {
    if (::fork() != 0) ::_exit(0);
    ::setsid();
    if (::fork() != 0) ::_exit(0);
    // Whoever asks in the very moment in which it changes its parent may be refused once (README).
    for (int i = 0; i < 20'000 && ::getppid() != supervisor; ++i) ::usleep(1000);
    connect_and_hold();
  });
  EXPECT_EQ(verdict(accept()), "passed");
}

TEST_P(CallerTest, OrphanOfASubreaperWithinTheTreeIsACaller) {
  const Child reaper([this] {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    if (::fork() == 0) {
      if (::fork() == 0) connect_and_hold();
      ::_exit(0);
    }
    hold();
  });
  EXPECT_EQ(verdict(accept()), "passed");
}

TEST_P(CallerTest, CallerIsStillOneAfterItsParentEnded) {
  Child parent([this] {
    if (::fork() == 0) connect_and_hold();
    ::pause();
  });
  const UniqueFd server = accept();
  EXPECT_EQ(verdict(server), "passed");
  parent.end();
  EXPECT_EQ(verdict(server), "passed");
}

TEST_P(CallerTest, GrandchildOfManyGenerationsIsACaller) {
  const Child top([this] {
    for (int i = 0; i < 30; ++i) {
      if (::fork() != 0) hold();
    }
    connect_and_hold();
  });
  EXPECT_EQ(verdict(accept()), "passed");
}

TEST_P(CallerTest, AnotherProgramAfterExecIsNamed) {
  const Pipe go;
  const Child child([&] {
    const UniqueFd connection = listening_.connect(GetParam());
    ::fcntl(connection.get(), F_SETFD, 0);
    go.get<char>();
    ::execl("/bin/sleep", "sleep", "1000", nullptr);
  });
  const UniqueFd server = accept();
  EXPECT_NE(judge(server).comm, "sleep");
  go.put('x');
  // The name is kept for a moment (kNameFresh) and then asked for again.
  const auto sleeping = std::filesystem::canonical("/bin/sleep").string();
  do {
    ::usleep(10'000);
    clock_.pass(CallerCheck::kNameFresh);
  } while (judge(server).executable != sleeping);
  EXPECT_EQ(judge(server).comm, "sleep");
}

// It is for the log alone: what is named there changes no verdict.
TEST_P(CallerTest, BehindAHelperOfSdksItsParentIsNamed) {
  const auto be_helper = [this] {
    ::prctl(PR_SET_NAME, "sentinel-credential-process");
    connect_and_hold();
  };
  const Child asker([&] {
    ::prctl(PR_SET_NAME, "asker");
    if (::fork() != 0) hold();
    be_helper();
  });
  const UniqueFd behind_asker = accept();
  const bool is_unix = GetParam() == ipc::Transport::Unix;  // over TCP there is no helper
  CallerFacts facts = judge(behind_asker);
  EXPECT_EQ(facts.check, Check::kPassed);
  EXPECT_EQ(facts.behind.pid, is_unix ? asker.pid() : 0);
  EXPECT_EQ(facts.behind.comm, is_unix ? "asker" : "");
  EXPECT_EQ(facts.behind.executable.empty(), !is_unix);
  facts = judge(behind_asker);
  EXPECT_EQ(facts.behind.comm, is_unix ? "asker" : "") << "the same for the next request";

  const Child orphan(be_helper);  // its parent is the supervisor, which runs no SDK
  const UniqueFd server = accept();
  facts = judge(server);
  EXPECT_EQ(facts.check, Check::kPassed);
  EXPECT_EQ(facts.behind.pid, 0);
  EXPECT_EQ(facts.comm, "sentinel-creden");
}

TEST_P(CallerTest, AnswersAreTakenInTheOrderOfTheQuestions) {
  const Child one = caller();
  const UniqueFd first = accept();
  const Child two = caller();
  const UniqueFd second = accept();
  const ClientSocket client_one = client_of(first), client_two = client_of(second);
  CallerInquiry inquiry_one = check_->begin(client_one, Check::kPassed),
                inquiry_two = check_->begin(client_two, Check::kPassed);
  ASSERT_FALSE(inquiry_one.settled);  // nothing is known of either yet: both wait for the witness
  pollfd readable{check_->fd(), POLLIN, 0};
  ASSERT_EQ(::poll(&readable, 1, 5000), 1);
  EXPECT_FALSE(check_->settle(inquiry_two));
  ASSERT_EQ(::poll(&readable, 1, 0), 1);  // the event loop still sees that there is something for the first
  EXPECT_TRUE(check_->settle(inquiry_one));
  EXPECT_TRUE(check_->settle(inquiry_two, std::chrono::seconds(5)));
  EXPECT_EQ(inquiry_one.facts.pid, one.pid());
  EXPECT_EQ(inquiry_two.facts.pid, two.pid());
}

// Of one broker: each run judges by its own tree, and its question keeps no other run's from being answered.
TEST_P(CallerTest, TwoRunsShareAWitness) {
  const Child command([] { ::pause(); });
  ipc::Result<ipc::Pidfd> process = ipc::Pidfd::open(command.pid());
  ASSERT_TRUE(process);
  auto other = CallerCheck::open(std::move(*process), ::getuid(), *sources_.back(), clock_);
  ASSERT_TRUE(other);
  const Child one = caller();
  const UniqueFd server = accept();
  const ClientSocket client = client_of(server);
  CallerInquiry not_ours = other->begin(client, Check::kPassed), ours = check_->begin(client, Check::kPassed);
  pollfd readable{check_->fd(), POLLIN, 0};
  ASSERT_EQ(::poll(&readable, 1, 5000), 1);
  EXPECT_FALSE(check_->settle(ours));  // the other run asked first
  EXPECT_TRUE(other->settle(not_ours));
  EXPECT_TRUE(check_->settle(ours, std::chrono::seconds(5)));
  EXPECT_FALSE(not_ours.facts.allowed()) << check_name(not_ours.facts.check);
  EXPECT_EQ(check_name(ours.facts.check), "passed");
}

TEST_P(CallerTest, AnInquiryGivenUpBlocksNoOther) {
  const Child one = caller();
  const UniqueFd server = accept();
  const ClientSocket client = client_of(server);
  CallerInquiry dropped = check_->begin(client, Check::kPassed);
  check_->abandon(dropped);
  EXPECT_EQ(verdict(server), "passed");
}

INSTANTIATE_TEST_SUITE_P(Transports, CallerTest, ::testing::Values(Transport::Unix, Transport::Tcp),
                         [](const auto& row) { return std::string(ipc::transport_name(row.param)); });

// ---- one transport's own

using UnixCallerTest = CallerTest;
INSTANTIATE_TEST_SUITE_P(Unix, UnixCallerTest, ::testing::Values(Transport::Unix));
using TcpCallerTest = CallerTest;
INSTANTIATE_TEST_SUITE_P(Tcp, TcpCallerTest, ::testing::Values(Transport::Tcp));

TEST_P(UnixCallerTest, KernelsWithoutPeerPidfdFallBackToNumbers) {
  sources_.back()->lookup = PeerLookup::kByNumber;
  EXPECT_NE(sources_.back()->level().find("process number"), std::string::npos);
  Child child = caller();
  const UniqueFd server = accept();
  EXPECT_EQ(verdict(server), "passed");
  child.end();
  EXPECT_EQ(verdict(server), "peer-gone");
  const UniqueFd own = listening_.connect(Transport::Unix);
  EXPECT_EQ(verdict(accept()), "peer-ours");
}

// Bound to our path after ours was unlinked: the name cannot tell, the peer does.
TEST_P(UnixCallerTest, ListenerReboundByAStrangerGainsNothing) {
  const Child command([] { ::pause(); });
  CallerCheck check = make_check(command.pid());
  ASSERT_EQ(::unlink(listening_.path().c_str()), 0);
  const UniqueFd rebound(Listening::bound_unix(listening_.path()));
  start_outsider();
  const UniqueFd server(::accept(rebound.get(), nullptr, nullptr));
  EXPECT_EQ(check_name(judge(check, server).check), "peer-outside-tree");
}

TEST_P(TcpCallerTest, ClosedClientIsNotRoot) {
  UniqueFd connection = listening_.connect(Transport::Tcp);
  const UniqueFd server = accept();
  connection.reset();  // FIN_WAIT2 without a holder: the kernel says uid 0, inode 0
  EXPECT_EQ(verdict(server), "tcp-orphan");
}

// What a JVM and .NET open: a socket of IPv6 that speaks IPv4.
TEST_P(TcpCallerTest, DualStackSocketIsACaller) {
  const Child child([this] {
    const UniqueFd connection = listening_.connect_dual_stack();
    hold();
  });
  const UniqueFd server = accept();
  const CallerFacts facts = judge(server);
  EXPECT_EQ(check_name(facts.check), "passed");
  EXPECT_EQ(facts.pid, child.pid());
  EXPECT_EQ(facts.uid, static_cast<long>(::getuid()));
  EXPECT_EQ(check_name(check_->still_the_caller(client_of(server), facts)), "passed");
}

TEST_P(TcpCallerTest, SocketBoundToTheLoopbackDeviceIsACaller) {
  const Pipe bound;
  const Child child([&] {
    const UniqueFd connection(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const bool may = ::setsockopt(connection.get(), SOL_SOCKET, SO_BINDTODEVICE, "lo", sizeof "lo") == 0;
    bound.put(may);
    const sockaddr_in address = Listening::loopback(listening_.port());
    (void)::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    hold();
  });
  if (!bound.get<bool>()) GTEST_SKIP() << "this kernel lets nobody bind to a device";
  EXPECT_EQ(judge(accept()).pid, child.pid());
}

// /proc/PID/fd of such a process is empty.
TEST_P(TcpCallerTest, ProcessWhoseMainThreadHasEndedIsACaller) {
  const Pipe ended;
  const Child child([&] {
    std::thread([&, main = ::pthread_self()] {
      ::pthread_join(main, nullptr);
      const UniqueFd connection = listening_.connect(Transport::Tcp);
      ended.put('x');
      hold();
    }).detach();
    ::syscall(SYS_exit, 0);  // of this thread alone, and nothing is unwound
  });
  ended.get<char>();
  const UniqueFd server = accept();
  for (int i = 0; i < 2; ++i) {  // the second time from what was remembered
    const CallerFacts facts = judge(server);
    EXPECT_EQ(check_name(facts.check), "passed");
    EXPECT_EQ(facts.pid, child.pid());
  }
}

TEST_P(TcpCallerTest, MultipathSocketIsACaller) {
  constexpr int kMptcp = 262;  // IPPROTO_MPTCP
  if (!UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, kMptcp))) GTEST_SKIP() << "this kernel has no MPTCP";
  const Child child([&] {
    const UniqueFd connection(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, kMptcp));
    const sockaddr_in address = Listening::loopback(listening_.port());
    (void)::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    hold();
  });
  EXPECT_EQ(judge(accept()).pid, child.pid());
}

TEST_P(TcpCallerTest, DualStackSocketThatWasClosedIsNotRoot) {
  UniqueFd connection = listening_.connect_dual_stack();
  const UniqueFd server = accept();
  connection.reset();
  EXPECT_EQ(verdict(server), "tcp-orphan");
}

TEST_P(TcpCallerTest, ClientThatOnlyFinishedSendingIsACaller) {
  const Pipe done;
  const Child child([&] {
    const UniqueFd connection = listening_.connect(Transport::Tcp);
    ::shutdown(connection.get(), SHUT_WR);
    done.put('x');
    hold();
  });
  const UniqueFd server = accept();
  done.get<char>();
  EXPECT_EQ(verdict(server), "passed");
}

TEST_P(TcpCallerTest, ClientThatClosesBeforeTheAnswerIsNoticed) {
  Child child = caller();
  const UniqueFd server = accept();
  const CallerFacts facts = judge(server);
  ASSERT_TRUE(facts.allowed());
  const ClientSocket client = client_of(server);
  EXPECT_EQ(check_->still_the_caller(client, facts), Check::kPassed);
  child.end();
  EXPECT_EQ(check_name(check_->still_the_caller(client, facts)), "tcp-orphan");
}

TEST_P(TcpCallerTest, ConnectionLedElsewhereBeforeTheAnswerIsNoticed) {
  const Child child = caller();
  const UniqueFd server = accept();
  const CallerFacts facts = judge(server);
  ASSERT_TRUE(facts.allowed());
  const ClientSocket client = client_of(server);
  const Listening evil;
  const sockaddr unspecified{.sa_family = AF_UNSPEC, .sa_data = {}};
  const sockaddr_in elsewhere = Listening::loopback(evil.port());
  ASSERT_EQ(::connect(server.get(), &unspecified, sizeof unspecified), 0);
  ASSERT_EQ(::connect(server.get(), reinterpret_cast<const sockaddr*>(&elsewhere), sizeof elsewhere), 0);
  EXPECT_EQ(check_name(check_->still_the_caller(client, facts)), "peer-changed");
}

TEST_P(TcpCallerTest, SocketHandedToAnotherProcessOfTheTreeIsFoundThere) {
  const Pipe passed;
  Child connector([&] {
    const UniqueFd connection = listening_.connect(Transport::Tcp);
    const pid_t heir = ::fork();
    if (heir == 0) hold();
    passed.put(heir);
    ::_exit(0);
  });
  const UniqueFd server = accept();
  const auto heir = passed.get<pid_t>();
  connector.reap();
  const CallerFacts facts = judge(server);
  EXPECT_EQ(check_name(facts.check), "passed");
  EXPECT_EQ(facts.pid, heir);
}

TEST_P(TcpCallerTest, NewConnectionsOfOneProcessAreFound) {
  const Pipe next, made;
  const Child child([&] {
    release_.in.reset();
    std::vector<UniqueFd> held;
    for (int i = 0; i < 40; ++i) {
      held.push_back(listening_.connect(Transport::Tcp));
      made.put('x');
      next.get<char>();
    }
  });
  for (int i = 0; i < 40; ++i) {
    made.get<char>();
    EXPECT_EQ(judge(accept()).pid, child.pid());
    next.put('x');
  }
}

// More than the witness's socket takes while it does not run.
TEST_P(TcpCallerTest, QuestionsThatFindNoRoomAreAskedAgain) {
  const Child child = caller();
  const UniqueFd server = accept();
  const ClientSocket client = client_of(server);
  ASSERT_EQ(::kill(sources_.back()->witness.pid(), SIGSTOP), 0);
  std::vector<CallerInquiry> inquiries;
  for (int i = 0; i < 576; ++i) inquiries.push_back(check_->begin(client, Check::kPassed));
  EXPECT_EQ(inquiries.back().ticket, 0U);
  ASSERT_EQ(::kill(sources_.back()->witness.pid(), SIGCONT), 0);
  // In turns, as the broker does: answers come in the order of the questions, and one that must ask again goes last.
  for (bool all = false; !all;) {
    all = true;
    for (CallerInquiry& inquiry : inquiries) all = check_->settle(inquiry, std::chrono::milliseconds(1)) && all;
  }
  for (const CallerInquiry& inquiry : inquiries) EXPECT_EQ(check_name(inquiry.facts.check), "passed");
}

TEST_P(TcpCallerTest, ClientWithoutTheTokenIsNotSearchedFor) {
  const Child child = caller();
  const UniqueFd server = accept();
  const ClientSocket client = client_of(server);
  const CallerInquiry inquiry = check_->begin(client, Check::kTokenWrong);
  EXPECT_TRUE(inquiry.settled);
  EXPECT_EQ(inquiry.ticket, 0U);
  EXPECT_EQ(check_name(inquiry.facts.check), "token-wrong");
  EXPECT_EQ(inquiry.facts.uid, static_cast<long>(::getuid()));
}

// ---- numbers used again (broker/caller/KERNEL.md, fact 6), in a pid namespace where the next number can be chosen

// Runs `body` as the first process of new pid and mount namespaces with their own /proc; its exit status is the result.
int in_own_pid_namespace(const std::function<int()>& body) {
  Child outer([&] {
    if (::unshare(CLONE_NEWPID | CLONE_NEWNS) != 0) ::_exit(77);
    Child init([&] {
      const bool own_proc = ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                            ::mount("proc", "/proc", "proc", 0, nullptr) == 0;
      ::_exit(own_proc ? body() : 77);
    });
    const int status = init.reap();
    ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 99);
  });
  const int status = outer.reap();
  return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

bool next_pid_is(pid_t pid) {
  std::ofstream last("/proc/sys/kernel/ns_last_pid");
  last << pid - 1;
  return static_cast<bool>(last.flush());
}

TEST_P(UnixCallerTest, NumberUsedAgainByACallerDoesNotVouchForADeadStranger) {
  if (::getuid() != 0) GTEST_SKIP() << "needs root, to choose the next process number in a namespace";
  const int outcome = in_own_pid_namespace([this] {
    // The command's tree; on demand it starts a process with a chosen number.
    const Pipe start, started;
    const Child command([&] {
      const auto wanted = start.get<pid_t>();
      if (!next_pid_is(wanted)) ::_exit(77);
      const Child in_tree([] { ::pause(); });
      started.put(in_tree.pid());
      ::pause();
    });
    CallerCheck check = make_check(command.pid());
    // The stranger connects, leaves the connection to an accomplice, and ends.
    Child stranger([this] {
      const UniqueFd connection = listening_.connect(Transport::Unix);
      if (::fork() == 0) ::pause();
      ::_exit(0);
    });
    const UniqueFd server = accept();
    const pid_t number = stranger.pid();
    stranger.reap();
    start.put(number);
    if (started.get<pid_t>() != number) return 77;
    ucred credentials{};
    socklen_t size = sizeof credentials;
    ::getsockopt(server.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size);
    if (credentials.pid != number) return 2;  // the number alone would point into the tree
    return judge(check, server).check == Check::kPeerGone ? 0 : 1;
  });
  if (outcome == 77) GTEST_SKIP() << "no pid namespace, or the next number cannot be chosen";
  EXPECT_EQ(outcome, 0);
}

}  // namespace
}  // namespace broker::testing
