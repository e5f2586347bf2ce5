#include "child/wait_status.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

namespace supervisor {
namespace {

template <class Body>
Ending ending_of_child(Body body) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    body();
    ::_exit(99);
  }
  siginfo_t info{};
  EXPECT_EQ(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED), 0);
  return ending_of(info.si_code, info.si_status);
}

TEST(WaitStatus, EveryExitCodeIsKept) {
  for (const int code : {0, 1, 126, 127, 128, 255}) {
    const Ending ending = ending_of_child([&] { ::_exit(code); });
    EXPECT_EQ(ending.code, code);
    EXPECT_EQ(ending.signal, 0);
  }
}

TEST(WaitStatus, ASignalIs128AndItsNumber) {
  for (const int number : {SIGHUP, SIGKILL, SIGTERM, SIGUSR1, SIGRTMIN}) {
    const Ending ending = ending_of_child([&] {
      ::signal(number, SIG_DFL);
      ::raise(number);
    });
    EXPECT_EQ(ending.code, 128 + number);
    EXPECT_EQ(ending.signal, number);
    EXPECT_FALSE(ending.core);
  }
}

TEST(WaitStatus, ACoreIsMentioned) {
  const Ending ending = ending_of(CLD_DUMPED, SIGSEGV);
  EXPECT_EQ(ending.code, 139);
  EXPECT_TRUE(ending.core);
  EXPECT_EQ(describe(ending), "was killed by signal 11 (Segmentation fault), core dumped");
}

TEST(WaitStatus, OnlyWhatAShellWouldReportIsTold) {
  for (const int quiet : {SIGINT, SIGPIPE, SIGTERM, SIGHUP}) EXPECT_FALSE(worth_telling(ending_of(CLD_KILLED, quiet)));
  for (const int told : {SIGSEGV, SIGKILL, SIGABRT}) EXPECT_TRUE(worth_telling(ending_of(CLD_KILLED, told)));
  EXPECT_FALSE(worth_telling(ending_of(CLD_EXITED, 3)));
  EXPECT_EQ(describe(ending_of(CLD_EXITED, 3)), "ended with code 3");
}

}  // namespace
}  // namespace supervisor
