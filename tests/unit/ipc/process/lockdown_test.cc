// Lock-down in forked children: what is taken away is really gone, and a process that cannot lock down says so.
#include "ipc/process/lockdown.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

namespace {

using ipc::ANY;

// A sanitizer's runtime makes calls of its own, which the few rows below would end; the programs' own filters are tested
// under sanitizers in unit_broker_host and unit_frontend.
class LockDown : public ::testing::Test {
 protected:
  void SetUp() override {
#ifdef SENTINEL_SANITIZED
    GTEST_SKIP() << "the sanitizer's own calls are not in this small table";
#endif
  }
};

// gtest and libc need these to leave the child; the tested call is never among them.
constexpr ipc::SyscallRule kFew[] = {
    SENTINEL_ALLOW(exit_group, ANY, "the child ends")
    SENTINEL_ALLOW(write, ANY, "the child reports")
    SENTINEL_ALLOW(openat, ANY, "Landlock is what refuses here")
    SENTINEL_ALLOW(close, ANY, "after an open")
    SENTINEL_ALLOW(socket, ANY, "Landlock is what refuses here")
    SENTINEL_ALLOW(connect, ANY, "Landlock is what refuses here")
    SENTINEL_REFUSE(getppid, EDOM, "shows that REFUSE answers its own errno")
};

ipc::LockdownSpec few_calls() {
  ipc::LockdownSpec spec{};
  spec.rules = kFew;
  spec.default_action = SCMP_ACT_KILL_PROCESS;
  return spec;
}

// Runs `body` in a child after `spec` is in force; returns the wait status.
int locked_down(const ipc::LockdownSpec& spec, const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (!ipc::lock_down(spec)) ::_exit(99);
    ::_exit(body());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

bool exited_with(int status, int code) { return WIFEXITED(status) && WEXITSTATUS(status) == code; }
bool killed_by_filter(int status) { return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS; }

TEST_F(LockDown, ACallOutsideTheTableEndsTheProcess) {
  EXPECT_TRUE(killed_by_filter(locked_down(few_calls(), [] { return static_cast<int>(::syscall(SYS_ptrace, -1, 0, 0, 0)); })));
  EXPECT_TRUE(killed_by_filter(locked_down(few_calls(), [] { return static_cast<int>(::syscall(SYS_execve, 0, 0, 0)); })));
}

TEST_F(LockDown, ARefusedCallAnswersItsErrno) {
  EXPECT_TRUE(exited_with(locked_down(few_calls(), [] { return ::syscall(SYS_getppid) == -1 && errno == EDOM ? 7 : 1; }), 7));
}

TEST_F(LockDown, FilesOutsideTheListCannotBeRead) {
  if (locked_down(few_calls(), [] { return ::open("/etc/passwd", O_RDONLY) < 0 && errno == EACCES ? 7 : 1; }) != 7 << 8) {
    GTEST_SKIP() << "no Landlock on this kernel, or it does not refuse";
  }
  const ipc::ReadablePath hosts[] = {{"/etc/hosts"}, {"/nowhere/at/all"}};
  ipc::LockdownSpec spec = few_calls();
  spec.readable = hosts;
  EXPECT_TRUE(exited_with(locked_down(spec, [] { return ::open("/etc/hosts", O_RDONLY) >= 0 ? 7 : 1; }), 7));
  EXPECT_TRUE(exited_with(locked_down(spec, [] { return ::open("/etc/hosts", O_RDWR) < 0 && errno == EACCES ? 7 : 1; }), 7));
  EXPECT_TRUE(exited_with(locked_down(spec, [] { return ::open("/etc/passwd", O_RDONLY) < 0 ? 7 : 1; }), 7));
}

TEST_F(LockDown, TcpConnectIsRefusedUnlessAskedFor) {
  const auto connect_somewhere = [] {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(1);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0 && errno == EACCES ? 7 : 1;
  };
  ipc::LockdownSpec spec = few_calls();
  const int refused = locked_down(spec, connect_somewhere);
  if (!exited_with(refused, 7)) GTEST_SKIP() << "Landlock without network rules on this kernel";
  spec.may_connect_tcp = true;
  EXPECT_TRUE(exited_with(locked_down(spec, connect_somewhere), 1));
}

TEST_F(LockDown, IsSeenFromOutside) {
  int ready[2];
  ASSERT_EQ(::pipe2(ready, O_CLOEXEC), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    if (!ipc::lock_down(few_calls())) ::_exit(99);
    (void)!::write(ready[1], "x", 1);
    for (;;) (void)!::write(-1, "", 0);
  }
  ::close(ready[1]);  // so that a child that cannot lock down ends the wait
  char byte;
  EXPECT_EQ(::read(ready[0], &byte, 1), 1);
  const auto seen = ipc::seen_from_outside(child);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  ASSERT_TRUE(seen);
  EXPECT_TRUE(seen->no_new_privileges);
  EXPECT_EQ(seen->seccomp_mode, 2);
  EXPECT_GE(seen->seccomp_filters, 1);
}

TEST_F(LockDown, AnUnlockedProcessIsSeenAsSuch) {
  const auto seen = ipc::seen_from_outside(::getpid());
  ASSERT_TRUE(seen);
  EXPECT_NE(seen->seccomp_mode, 2);
}

TEST_F(LockDown, AnInvalidRowFailsTheWhole) {
  static constexpr ipc::SyscallRule kBroken[] = {
      {SCMP_SYS(exit_group), "exit_group", 0x12345678, ANY, "no such action"},
  };
  ipc::LockdownSpec spec = few_calls();
  spec.rules = kBroken;
  EXPECT_TRUE(exited_with(locked_down(spec, [] { return 0; }), 99));
}

TEST_F(LockDown, TheProcessIsNotDumpable) {
  ipc::LockdownSpec spec = few_calls();
  static constexpr ipc::SyscallRule kWithPrctl[] = {
      SENTINEL_ALLOW(exit_group, ANY, "the child ends")
      SENTINEL_ALLOW(prctl, ANY, "asks whether it is dumpable")
  };
  spec.rules = kWithPrctl;
  EXPECT_TRUE(exited_with(locked_down(spec, [] { return ::prctl(PR_GET_DUMPABLE) == 0 ? 7 : 1; }), 7));
}

}  // namespace
