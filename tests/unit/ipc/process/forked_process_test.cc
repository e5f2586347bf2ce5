#include "ipc/process/forked_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

namespace ipc {
namespace {

int end_of(pid_t pid) {
  int status = -1;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) >= 0; }
bool ends_at_exec(int fd) { return (::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0; }

TEST(ForkedProcess, ADescriptorThatIsNotThereIsNoStart) {
  const auto forked = fork_process("a test", [](UniqueFd socket) {
    const KeptDescriptor kept[] = {{socket.get()}, {-1}};
    ::_exit(begin_forked_process("a-test", kept) ? 1 : 7);
  });
  ASSERT_TRUE(forked);
  EXPECT_EQ(end_of(forked->pid), 7);
}

TEST(ForkedProcess, ThatReturnsHasFailed) {
  const auto forked = fork_process("a test", [](UniqueFd) {});
  ASSERT_TRUE(forked);
  EXPECT_EQ(end_of(forked->pid), 1);
}

// The kept ones may be at each other's places, and one may be kept more than once.
TEST(ForkedProcess, KeepsWhatItIsToldInThatOrderAndClosesTheRest) {
  const auto forked = fork_process("a test", [](UniqueFd socket) {
    const int low = ::dup2(socket.get(), 1);
    const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    const KeptDescriptor kept[] = {{low}, {nothing, true}, {nothing, true}};
    if (!begin_forked_process("a-test", kept)) ::_exit(2);
    const bool right =
        is_open(0) && is_open(1) && is_open(2) && ends_at_exec(0) && !ends_at_exec(1) && !ends_at_exec(2);
    for (int fd = 3; fd < 1024; ++fd) {
      if (is_open(fd)) ::_exit(3);
    }
    char name[16] = {};
    ::prctl(PR_GET_NAME, name, 0, 0, 0);
    sigset_t blocked;
    ::sigprocmask(SIG_SETMASK, nullptr, &blocked);
    if (::sigismember(&blocked, SIGINT) != 1 || ::sigismember(&blocked, SIGTERM) != 1) ::_exit(4);
    (void)::send(0, name, sizeof name, MSG_NOSIGNAL);
    char question;
    ::_exit(right && ::recv(0, &question, 1, 0) == 0 ? 0 : 5);  // until this side has gone
  });
  ASSERT_TRUE(forked);
  char name[16] = {};
  ASSERT_EQ(::recv(forked->socket.get(), name, sizeof name, 0), static_cast<ssize_t>(sizeof name));
  EXPECT_EQ(std::string(name), "a-test");
  ::shutdown(forked->socket.get(), SHUT_RDWR);
  EXPECT_EQ(end_of(forked->pid), 0);
}

}  // namespace
}  // namespace ipc
