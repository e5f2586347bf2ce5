// The part of CallerCheck that names the program behind our own helper of SDKs.
#include "caller/caller_check.h"

namespace broker {
namespace {

// sentinel-credential-process, as the kernel cuts it. Any program can have this name; then its parent is named as well.
constexpr std::string_view kHelperComm = "sentinel-creden";

}  // namespace

// Of an SDK's credential_process the helper's name says nothing: its parent is who wants the keys. False: not asked. A
// parent that has ended has left it to one of ours, which ran nothing.
bool CallerCheck::ask_behind_helper(CallerInquiry& inquiry) {
  if (inquiry.facts.comm != kHelperComm) return false;
  const ipc::Result<ipc::ProcessInfo> info = inquiry.process.info();
  if (!info || info->ppid <= 0 || info->ppid == ancestry_.root() || ancestry_.is_ours(info->ppid)) return false;
  // Another user's program is none that this user need hear of; a witness of root's could name it.
  const ipc::Result<ipc::Pidfd> parent = ipc::Pidfd::open(info->ppid);
  const ipc::Result<ipc::ProcessInfo> of_parent = parent ? parent->info() : std::unexpected(parent.error());
  if (!of_parent || of_parent->uid != uid_) return false;
  inquiry.ticket = sources_->witness.ask_executable(info->ppid);
  if (inquiry.ticket == 0) return false;
  inquiry.facts.behind.pid = info->ppid;
  inquiry.awaiting = CallerInquiry::Awaiting::kBehind;
  return true;
}

// Still its parent after it was looked at: so the number was the parent's all the while.
void CallerCheck::on_behind(CallerInquiry& inquiry, const WitnessAnswer& answer) {
  AskingProgram& behind = inquiry.facts.behind;
  const ipc::Result<ipc::ProcessInfo> info = inquiry.process.info();
  if (info && info->ppid == behind.pid && answer.pid == behind.pid) {
    behind.executable = executable_of(answer);
    behind.comm = comm_of(answer);
  } else {
    behind = {};
  }
  if (!info && inquiry.facts.allowed()) inquiry.facts.check = Check::kPeerGone;
  finish_named(inquiry);
}

}  // namespace broker
