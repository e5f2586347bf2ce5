#include "run/orphans.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>

#include "child/frozen_tree.h"
#include "child/process_tree.h"
#include "ipc/process/pidfd.h"
#include "run/deadlines.h"

namespace supervisor {
namespace {

using Clock = std::chrono::steady_clock;

// By its name; one whose name is hidden (hidepid) is as unreadable as ours are.
bool is_sentinels_own(pid_t pid) {
  const auto seen = proc_stat(pid);
  return !seen || seen->name.starts_with("sentinel-");
}

// False: it has not ended by then.
bool reap_until(pid_t pid, Clock::time_point end) {
  const auto process = ipc::Pidfd::open(pid);
  pollfd ended{process ? process->fd() : -1, POLLIN, 0};
  while (process && Clock::now() < end) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    if (::poll(&ended, 1, static_cast<int>(left.count())) > 0) break;
  }
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG) != 0 || info.si_pid == pid;
}

}  // namespace

void reap_orphans(const std::vector<pid_t>& others) {
  const auto end = Clock::now() + kHelperGrace;
  for (const pid_t pid : own_children()) {
    const bool before = std::find(others.begin(), others.end(), pid) != others.end();
    if (!before && is_sentinels_own(pid) && !reap_until(pid, end)) return;
  }
}

Adopting::Adopting() : before_(own_children()) {
  ::prctl(PR_GET_CHILD_SUBREAPER, &was_, 0, 0, 0);
  (void)::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);  // where it is refused, orphans go where they went before
}

void Adopting::end() {
  reap_orphans(before_);
  (void)::prctl(PR_SET_CHILD_SUBREAPER, static_cast<unsigned long>(was_), 0, 0, 0);
}

}  // namespace supervisor
