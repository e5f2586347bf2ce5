#include "child/process_tree.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child/restart_limit.h"

namespace supervisor {
namespace {

using namespace std::chrono_literals;

pid_t sleeper(bool stubborn) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  if (stubborn) ::signal(SIGTERM, SIG_IGN);
  while (true) ::pause();
}

// Runs `body` in a process of its own that is a subreaper, so that the test's own children are out of the way.
template <class Body>
void in_a_subreaper(Body body) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::_exit(become_subreaper() && body() ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST(ProcessTree, ChildrenAreListedUntilTheyAreReaped) {
  in_a_subreaper([] {
    const pid_t child = sleeper(false);
    if (own_children() != std::vector<pid_t>{child}) return false;
    ::kill(child, SIGKILL);
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT);
    if (own_children() != std::vector<pid_t>{child}) return false;  // a zombie keeps its number
    const ChildNews news = next_child_news();
    return news.pid == child && news.ended() && news.status == SIGKILL && own_children().empty();
  });
}

TEST(ProcessTree, EveryGenerationIsEndedStubbornOrNot) {
  in_a_subreaper([] {
    const pid_t child = ::fork();
    if (child == 0) {
      ::setsid();
      sleeper(true);
      if (::fork() == 0) {
        ::setsid();
        sleeper(true);
      }
      ::pause();
    }
    ::poll(nullptr, 0, 50);
    return end_all(100ms).empty() && own_children().empty();
  });
}

TEST(ProcessTree, ASparedChildIsNotTouched) {
  in_a_subreaper([] {
    const pid_t helper = sleeper(false), child = sleeper(false);
    TreeEnd end;
    end.spare({helper});
    while (!end.sweep(true)) {
      (void)next_child_news();
    }
    const bool alive = ::kill(helper, 0) == 0 && own_children() == std::vector<pid_t>{helper};
    ::kill(helper, SIGKILL);
    return alive && child > 0;
  });
}

TEST(ProcessTree, AStoppedChildIsContinuedSoThatItCanEnd) {
  in_a_subreaper([] {
    const pid_t child = sleeper(false);
    ::kill(child, SIGSTOP);
    while (next_child_news().code != CLD_STOPPED) {
    }
    TreeEnd end;
    (void)end.sweep(false);
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED) == 0 && info.si_status == SIGTERM;
  });
}

TEST(RestartLimit, SoManyWithinTheWindowAndNoMore) {
  RestartLimit limit(3, 60s);
  const RestartLimit::Time start{};
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limit.take(start + std::chrono::seconds(i)));
  EXPECT_FALSE(limit.take(start + 10s));
  EXPECT_FALSE(limit.take(start + 60s));
  EXPECT_TRUE(limit.take(start + 61s));  // the first is out of the window
  EXPECT_FALSE(limit.take(start + 61s));
}

}  // namespace
}  // namespace supervisor
