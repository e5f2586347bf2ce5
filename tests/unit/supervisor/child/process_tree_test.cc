#include "child/process_tree.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child/frozen_tree.h"
#include "child/restart_limit.h"
#include "child/stopped_helpers.h"

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
    return end_all(100ms).left().empty() && own_children().empty();
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

TEST(ProcessTree, WhatWasEndedIsNamedButForTheCommandAndWhatWentBySomethingElse) {
  in_a_subreaper([] {
    const pid_t command = sleeper(false), one = sleeper(false), other = sleeper(false);
    TreeEnd end;
    end.leave_unnamed(command);
    (void)end.sweep(false);
    end.note({other, CLD_KILLED, SIGINT});
    const std::string name = proc_stat(::getpid())->name;
    const bool one_named = end.words() == "ended 1 process that outlived the command: " + name;
    end.note({one, CLD_KILLED, SIGTERM});
    const bool still = end.take_found() && !end.take_found() && !end.words().empty();
    for (const pid_t pid : {command, one, other}) ::kill(pid, SIGKILL);
    return one_named && still && TreeEnd().words().empty();
  });
}

TEST(FrozenTree, FindsEveryGenerationStoppedAndSparesWhatItIsTold) {
  in_a_subreaper([] {
    int ready[2];
    if (::pipe(ready) != 0) return false;
    const pid_t helper = sleeper(false), child = ::fork();
    if (child == 0) {
      ::setsid();
      become_subreaper();
      if (const pid_t grandchild = ::fork(); grandchild != 0) sleeper(true);
      (void)!::write(ready[1], "r", 1);
      while (true) ::pause();
    }
    // Of the child, which has forked twice then, and of the first of the two.
    for (char sign, of_both = 0; of_both < 2; ++of_both) {
      if (::read(ready[0], &sign, 1) != 1) return false;
    }
    FrozenTree tree({helper});
    bool good = tree.freeze(10s) && tree.members().size() == 3 && !tree.members().contains(helper);
    for (const auto& [pid, member] : tree.members()) good = good && member.final && proc_stat(pid)->stopped();
    good = good && !proc_stat(helper)->stopped();
    tree.kill();
    ::kill(helper, SIGKILL);
    return good && end_all(0ms).left().empty();
  });
}

TEST(FrozenTree, ReadsANameThatHoldsWhatThePageOfProcUses) {
  in_a_subreaper([] {
    ::prctl(PR_SET_NAME, "a) Z 1 (b", 0, 0, 0);
    const auto seen = proc_stat(::getpid());
    return seen && seen->name == "a) Z 1 (b" && seen->parent == ::getppid() && !seen->ended() && !proc_stat(-1);
  });
}

constexpr auto kSay = StoppedHelpers::kSayAfter, kEnd = StoppedHelpers::kPatience;

TEST(StoppedHelpers, AreToldOnceAndAreOverdueOnce) {
  StoppedHelpers helpers;
  const StoppedHelpers::Clock::time_point start{};
  EXPECT_FALSE(helpers.next());
  helpers.stopped(7, "broker", "nothing", start);
  helpers.stopped(7, "broker", "nothing", start + 500ms);
  EXPECT_EQ(helpers.next(), start + kSay);
  EXPECT_FALSE(helpers.due(start + kSay - 1ms));
  EXPECT_NE(helpers.due(start + kSay).words.find("kill -CONT 7, or it is ended in 9 seconds"), std::string::npos);
  EXPECT_FALSE(helpers.due(start + kSay));
  EXPECT_EQ(helpers.next(), start + kEnd);
  EXPECT_EQ(helpers.due(start + kEnd).overdue, 7);
  EXPECT_FALSE(helpers.due(start + kEnd));
}

TEST(StoppedHelpers, OneThatGoesOnIsNotOverdueAndOneThatIsBrieflyStoppedIsNotTold) {
  StoppedHelpers helpers;
  EXPECT_EQ(helpers.continued(7), "");
  helpers.stopped(7, "broker", "nothing", {});
  EXPECT_EQ(helpers.continued(7), "");
  helpers.stopped(7, "broker", "nothing", {});
  EXPECT_TRUE(helpers.due(StoppedHelpers::Clock::time_point{} + kSay));
  EXPECT_EQ(helpers.continued(7), "the broker goes on");
  helpers.stopped(8, "frontend", "nothing", {});
  helpers.ended(8);
  EXPECT_FALSE(helpers.next());
}

TEST(StoppedHelpers, WhereWeWereStoppedOurselvesTheTimeBeginsAnew) {
  StoppedHelpers helpers;
  const StoppedHelpers::Clock::time_point start{}, late = start + 1h;
  helpers.stopped(7, "broker", "nothing", start);
  EXPECT_FALSE(helpers.due(late));
  EXPECT_EQ(helpers.next(), late + kSay);
  EXPECT_TRUE(helpers.due(late + kSay));
  EXPECT_FALSE(helpers.due(late + 1h));
  EXPECT_EQ(helpers.next(), late + 1h + kEnd);
  EXPECT_EQ(helpers.due(late + 1h + kEnd).overdue, 7);
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
