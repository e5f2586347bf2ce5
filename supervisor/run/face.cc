#include "run/face.h"

#include <poll.h>
#include <sys/wait.h>

#include <chrono>

#include "child/process_tree.h"
#include "child/stopped_helpers.h"
#include "child/wait_status.h"
#include "run/deadlines.h"
#include "terminal/exit_codes.h"
#include "terminal/say.h"
#include "terminal/signals.h"

namespace supervisor {
namespace {

constexpr std::chrono::seconds kGrace{2};

int end_alone(const Ending& keeper, const Preparation& prepared) {
  say("the supervisor's keeper " + describe(keeper) + "; the command is being ended");
  const TreeEnd end = end_all(kGrace, prepared.cgroup);
  for (const pid_t pid : end.left()) say(process_words(pid) + " of the command could not be ended");
  if (const std::string words = end.words(); !words.empty()) say(words);
  prepared.cgroup.remove();
  (void)prepared.owned.remove_all();
  return kExitOwnFailure;
}

// The keeper has a session of its own: it is not stopped by the terminal.
class KeeperWatch {
 public:
  KeeperWatch(pid_t keeper, const ipc::Pidfd& handle) : keeper_(keeper), handle_(handle) {}

  void take(const ChildNews& news) {
    if (news.code == CLD_STOPPED) {
      return stopped_.stopped(keeper_, "supervisor's keeper", "nothing of this run is watched",
                              StoppedHelpers::Clock::now());
    }
    if (const std::string words = stopped_.continued(keeper_); !words.empty()) say(words);
  }
  void look() {
    while (const auto due = stopped_.due(StoppedHelpers::Clock::now())) {
      if (due.overdue != 0) (void)handle_.send_signal(SIGKILL);  // then we end the run
      if (!due.words.empty()) say(due.words);
    }
  }
  [[nodiscard]] int timeout_ms() const { return poll_timeout(stopped_.next()); }

 private:
  pid_t keeper_;
  const ipc::Pidfd& handle_;
  StoppedHelpers stopped_;
};

}  // namespace

int stand_for(pid_t keeper, const ipc::Pidfd& keeper_handle, int signals, const Preparation& prepared) {
  KeeperWatch watch(keeper, keeper_handle);
  while (true) {
    pollfd ready{signals, POLLIN, 0};
    (void)::poll(&ready, 1, watch.timeout_ms());
    while (const auto arrived = next_signal(signals)) {
      if (arrived->number != SIGCHLD) relay(keeper_handle, *arrived);
    }
    for (ChildNews news = next_child_news(); news.pid != 0; news = next_child_news()) {
      if (news.pid != keeper) continue;
      if (!news.ended()) {
        watch.take(news);
        continue;
      }
      const Ending ending = ending_of(news.code, news.status);
      return ending.signal == 0 ? ending.code : end_alone(ending, prepared);
    }
    watch.look();
  }
}

}  // namespace supervisor
