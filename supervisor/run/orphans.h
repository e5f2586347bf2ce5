// Waits for what a broker leaves behind: the processes that it forked (its witness, the reader of the posture) end with
// it, a moment later, as children of the process that adopts orphans. That is this one: the first process of many a
// container waits for no child, and would keep each in the process table.
//
// Runs in: sentinel, in the ways without a server; keeper.
// Blocks: until they have ended, at most kHelperGrace.   Owns: nothing.   Fails: never.
// Source: PR_SET_CHILD_SUBREAPER in prctl(2).
#pragma once

#include <sys/types.h>

#include <vector>

namespace supervisor {

// Waits for the children that are Sentinel's own processes, save those in `others`.
void reap_orphans(const std::vector<pid_t>& others = {});

// Adopts orphans from its making to end(), which waits for those that are ours; then this process is what it was
// before. For one that becomes the user's command.
class Adopting {
 public:
  Adopting();
  void end();

 private:
  std::vector<pid_t> before_;  // children of the program that this process was
  int was_ = 0;
};

}  // namespace supervisor
