#include "callers_fixture.h"

namespace broker::testing {
namespace {

// The test process plays the supervisor and the broker; its children are the command's processes.
class CallerTest : public ::testing::TestWithParam<ipc::Transport> {
 protected:
  void SetUp() override {
    ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
    check_.emplace(make_check(::getpid()));
  }

  static CallerCheck make_check(pid_t supervisor) {
    ipc::Result<Witness> witness = Witness::start();
    EXPECT_TRUE(witness) << witness.error().what;
    ipc::Result<ipc::Pidfd> process = ipc::Pidfd::open(supervisor);
    EXPECT_TRUE(process);
    ipc::Result<CallerCheck> check = CallerCheck::open(std::move(*process), ::getuid(), std::move(*witness));
    EXPECT_TRUE(check) << check.error().what;
    return std::move(*check);
  }

  CallerFacts judge(const UniqueFd& server) { return judge_with(*check_, server); }

  CallerFacts judge_with(CallerCheck& check, const UniqueFd& server) {
    std::expected<ClientSocket, Check> client =
        ClientSocket::judge(UniqueFd(::dup(server.get())), listening_.announced());
    EXPECT_TRUE(client) << check_name(client.error());
    if (!client) return CallerFacts{};
    CallerInquiry inquiry = check.begin(*client);
    EXPECT_TRUE(check.settle(inquiry, std::chrono::seconds(5)));
    return inquiry.facts;
  }

  // A child that connects, says so, and holds the connection until it is killed.
  Child caller() {
    return Child([this] {
      const UniqueFd connection = listening_.connect(GetParam());
      ::pause();
    });
  }

  Listening listening_;
  std::optional<CallerCheck> check_;
};

TEST_P(CallerTest, ChildOfTheSupervisorIsACaller) {
  const Child child = caller();
  const UniqueFd server = listening_.accept(GetParam());
  const CallerFacts facts = judge(server);
  EXPECT_EQ(check_name(facts.check), "passed");
  EXPECT_EQ(facts.pid, child.pid());
  EXPECT_EQ(facts.uid, static_cast<long>(::getuid()));
  EXPECT_EQ(facts.executable, std::filesystem::read_symlink("/proc/self/exe").string());
}

INSTANTIATE_TEST_SUITE_P(Transports, CallerTest, ::testing::Values(ipc::Transport::Unix, ipc::Transport::Tcp),
                         [](const auto& row) { return std::string(ipc::transport_name(row.param)); });

}  // namespace
}  // namespace broker::testing
