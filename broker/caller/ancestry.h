// Tells whether a process descends from the command, parent by parent up to the supervisor, each step held by pidfd.
//
// The supervisor is a subreaper, so a descendant stays one through double forks, setsid and dead parents. A step counts
// only if the parent was still the parent after its pidfd was opened: a number that was used again is noticed.
// Blocks: never.   Owns: pidfds of the supervisor and of our own helpers.
// Source: broker/caller/KERNEL.md, facts 10, 13 and 14.
#pragma once

#include <vector>

#include "caller/checks.h"
#include "ipc/process/pidfd.h"

namespace broker {

class Ancestry {
 public:
  static constexpr int kMaxDepth = 64;
  static constexpr int kMaxTries = 16;  // walks that met a parent's end, before the tree counts as unstable
  static constexpr std::size_t kMaxHelpers = 6;

  // Fails: ESRCH when the supervisor has ended.
  static ipc::Result<Ancestry> below(ipc::Pidfd supervisor);

  // Names one of our own processes: never a caller, and neither is anything below it.
  ipc::Status leave_out(pid_t helper);

  // kPassed, or why `process` is no descendant. `process` must be alive when it was opened; its own uid is the
  // caller's business.
  [[nodiscard]] Check check(const ipc::Pidfd& process) const;

  [[nodiscard]] pid_t root() const { return supervisor_.pid; }
  [[nodiscard]] bool is_ours(pid_t pid) const;
  [[nodiscard]] std::vector<pid_t> helpers() const;

 private:
  struct Known {
    ipc::Pidfd process;
    pid_t pid = 0;
  };
  explicit Ancestry(Known supervisor) : supervisor_(std::move(supervisor)) {}
  [[nodiscard]] Check walk(const ipc::Pidfd& process) const;
  [[nodiscard]] bool is_supervisor(pid_t pid) const;

  Known supervisor_;
  std::vector<Known> helpers_;
};

}  // namespace broker
