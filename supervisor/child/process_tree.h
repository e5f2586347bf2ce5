// The command's tree as the kernel sees it: this process is a subreaper, so whatever loses its parent becomes our
// child, and a child that we have not reaped keeps its number. So kill(2) on our own children can hit no stranger.
//
// Runs in: supervisor (keeper; the face, when the keeper was killed).   Blocks: end_all() only.
// Source: PR_SET_CHILD_SUBREAPER in prctl(2); /proc/thread-self/children in proc(5).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <set>
#include <utility>
#include <vector>

#include "ipc/result.h"

namespace supervisor {

ipc::Status become_subreaper();

// Our children now, zombies included.
std::vector<pid_t> own_children();
// Those of another process's first thread, as far as /proc shows them.
std::vector<pid_t> children_of(pid_t pid);

// One ended or stopped child of ours, as waitid(2) tells it.
struct ChildNews {
  pid_t pid = 0;
  int code = 0;  // CLD_EXITED, CLD_KILLED, CLD_DUMPED, CLD_STOPPED, CLD_CONTINUED
  int status = 0;
  uid_t uid = 0;  // the real user that it ran as
  [[nodiscard]] bool ended() const;
};
// Takes the next piece of news; pid 0 when there is none. Reaps.
ChildNews next_child_news();

// Tells or kills the children that are part of the tree, each sweep those that have become ours since the last.
class TreeEnd {
 public:
  // Children that are no part of the tree: our helpers, as long as they are not reaped. Given before each sweep, since
  // a reaped helper's number may come back as a member of the tree.
  void spare(std::vector<pid_t> helpers) { spared_ = std::move(helpers); }
  // SIGTERM (once each, and SIGCONT: a stopped process cannot act on it), or SIGKILL. True when none is left.
  bool sweep(bool kill);
  [[nodiscard]] std::vector<pid_t> left() const;

 private:
  std::vector<pid_t> spared_;
  std::set<pid_t> told_;
};

// Ends every child, and every orphan that becomes one: SIGTERM, after `grace` SIGKILL. Returns those that could not be
// ended, because they belong to another user or are stuck in the kernel.
std::vector<pid_t> end_all(std::chrono::milliseconds grace);

}  // namespace supervisor
