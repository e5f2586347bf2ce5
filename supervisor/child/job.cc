#include "child/job.h"

#include <signal.h>

#include <utility>

namespace supervisor {

ipc::Status Job::start(const CommandPlan& plan) {
  auto command = fork_waiting_command(plan);
  if (!command) return std::unexpected(command.error());
  command_ = std::move(*command);
  return {};
}

void Job::forward(int signal) const {
  if (command_.pid > 0) (void)command_.handle.send_signal(signal);
}

// SIGCONT for the face alone is meant for the command, too. After `fg` the command has had its own, and a Ctrl-Z since
// then must not be undone: so only a command that is still in its old stop is continued.
void Job::continue_if_asked() {
  if (std::exchange(continue_asked_, false) && stopped_ && !stopped_just_now_)
    (void)command_.handle.send_signal(SIGCONT);
}

void Job::ended() {
  command_.pid = -1;
  if (std::exchange(stopped_, false)) (void)face_.send_signal(SIGCONT);
}

void Job::stopped_or_continued(const ChildNews& news, bool pass_on) {
  stopped_ = stopped_just_now_ = news.code == CLD_STOPPED;
  if (!pass_on) return;
  if (stopped_) return stop_face();
  (void)face_.send_signal(SIGCONT);
}

}  // namespace supervisor
