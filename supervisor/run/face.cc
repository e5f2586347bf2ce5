#include "run/face.h"

#include <poll.h>
#include <sys/wait.h>

#include <chrono>

#include "child/process_tree.h"
#include "child/wait_status.h"
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
  return kExitOwnError;
}

}  // namespace

int stand_for(pid_t keeper, const ipc::Pidfd& keeper_handle, int signals, const Preparation& prepared) {
  while (true) {
    pollfd ready{signals, POLLIN, 0};
    (void)::poll(&ready, 1, -1);
    while (const auto arrived = next_signal(signals)) {
      if (arrived->number != SIGCHLD) relay(keeper_handle, *arrived);
    }
    for (ChildNews news = next_child_news(); news.pid != 0; news = next_child_news()) {
      if (news.pid != keeper || !news.ended()) continue;
      const Ending ending = ending_of(news.code, news.status);
      return ending.signal == 0 ? ending.code : end_alone(ending, prepared);
    }
  }
}

}  // namespace supervisor
