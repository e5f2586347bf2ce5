#include "caller/ancestry.h"

#include <algorithm>

namespace broker {

ipc::Result<Ancestry> Ancestry::below(ipc::Pidfd supervisor) {
  const ipc::Result<ipc::ProcessInfo> info = supervisor.info();
  if (!info) return std::unexpected(info.error());
  return Ancestry(Known{std::move(supervisor), info->pid});
}

ipc::Status Ancestry::leave_out(pid_t helper) {
  ipc::Result<ipc::Pidfd> process = ipc::Pidfd::open(helper);
  if (!process) return std::unexpected(process.error());
  // Only what the kernel says is gone. EPERM, which Landlock answers for a signal to outside, means that it lives.
  std::erase_if(helpers_, [](const Known& known) {
    const ipc::Status alive = known.process.send_signal(0);
    return !alive && alive.error().sys_errno == ESRCH;
  });
  if (helpers_.size() >= kMaxHelpers) return ipc::fail(ipc::Fault::kProtocol, "more helpers than a run has");
  helpers_.push_back(Known{std::move(*process), helper});
  return {};
}

// The number belonged to the supervisor when the run began; if it still lives, no other process had it in between.
bool Ancestry::is_supervisor(pid_t pid) const {
  return pid == supervisor_.pid && supervisor_.process.info().has_value();
}

// By number alone: the worst that a number used again can do here is to refuse.
bool Ancestry::is_ours(pid_t pid) const {
  return pid == supervisor_.pid ||
         std::any_of(helpers_.begin(), helpers_.end(), [pid](const Known& known) { return known.pid == pid; });
}

std::vector<pid_t> Ancestry::helpers() const {
  std::vector<pid_t> pids;
  for (const Known& known : helpers_) pids.push_back(known.pid);
  return pids;
}

Check Ancestry::check(const ipc::Pidfd& process) const {
  Check found = Check::kTreeUnstable;
  for (int i = 0; i < kMaxTries && found == Check::kTreeUnstable; ++i) found = walk(process);
  return found;
}

Check Ancestry::walk(const ipc::Pidfd& process) const {
  ipc::Result<ipc::ProcessInfo> info = process.info();
  if (!info) return Check::kPeerGone;
  if (is_ours(info->pid)) return Check::kPeerIsOurs;
  ipc::Pidfd above;
  const ipc::Pidfd* at = &process;
  for (int depth = 0; depth < kMaxDepth; ++depth) {
    const pid_t parent = info->ppid;
    if (is_supervisor(parent)) return Check::kPassed;
    if (is_ours(parent)) return Check::kBelowHelper;
    if (parent <= 1) return Check::kOutsideTree;  // 0: the parent is outside our pid namespace
    ipc::Result<ipc::Pidfd> next = ipc::Pidfd::open(parent);
    if (!next) return Check::kTreeUnstable;
    info = at->info();
    if (!info) return at == &process ? Check::kPeerGone : Check::kTreeUnstable;
    if (info->ppid != parent) return Check::kTreeUnstable;
    info = next->info();
    if (!info) return Check::kTreeUnstable;
    above = std::move(*next);
    at = &above;
  }
  return Check::kTooDeep;
}

}  // namespace broker
