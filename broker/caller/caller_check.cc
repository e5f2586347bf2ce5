#include "caller/caller_check.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

namespace broker {
namespace {

static_assert(Ancestry::kMaxHelpers <= WitnessQuestion::kMaxLeftOut, "each helper is left out of the search");

// A process that has ended but was not reaped yet still has a pidfd that answers; it can no longer be a caller.
bool has_ended(const ipc::Pidfd& process) {
  pollfd ended{process.fd(), POLLIN, 0};
  return ::poll(&ended, 1, 0) != 0;
}

bool is_gone(int error) { return error == ESRCH || error == EINVAL; }

ipc::Result<ucred> credentials_of_peer(int socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return ipc::system_error("SO_PEERCRED");
  return credentials;
}

}  // namespace

ipc::Result<ipc::Pidfd> supervisor_behind(int control) {
  ipc::Result<ipc::Pidfd> creator = ipc::Pidfd::peer_of(control);
  if (creator || creator.error().sys_errno != ENOPROTOOPT) return creator;
  const ipc::Result<ucred> credentials = credentials_of_peer(control);
  if (!credentials) return std::unexpected(credentials.error());
  ipc::Result<ipc::Pidfd> process = ipc::Pidfd::open(credentials->pid);
  if (process && ::getppid() != credentials->pid) {
    return ipc::fail(ipc::Fault::kProtocol, "the broker was not started by the process that made its control channel");
  }
  return process;
}

ipc::Result<CallerCheck> CallerCheck::open(ipc::Pidfd supervisor, uid_t uid, CallerSources& sources,
                                           const Clock& clock) {
  ipc::Result<Ancestry> ancestry = Ancestry::below(std::move(supervisor));
  if (!ancestry) return std::unexpected(ancestry.error());
  for (const pid_t own : {::getpid(), sources.witness.pid()}) {
    if (ipc::Status left_out = ancestry->leave_out(own); !left_out) return std::unexpected(left_out.error());
  }
  return CallerCheck(std::move(*ancestry), uid, sources, clock);
}

CallerInquiry CallerCheck::begin(const ClientSocket& client, Check token) {
  CallerInquiry inquiry;
  inquiry.facts.transport = client.transport();
  inquiry.deadline = clock_->since_boot() + kDeadline;
  if (client.transport() == ipc::Transport::Unix) {
    begin_unix(client, inquiry);
  } else {
    begin_tcp(client, token, inquiry);
  }
  return inquiry;
}

void CallerCheck::finish(CallerInquiry& inquiry, Check check) {
  inquiry.facts.check = check;
  inquiry.settled = true;
  inquiry.awaiting = CallerInquiry::Awaiting::kNothing;
}

// Kernels before 6.5 know the number alone, as it was at connect(). It may have been used again since: level() says so.
Check CallerCheck::find_peer(int fd, ipc::Pidfd& process) {
  if (sources_->lookup == PeerLookup::kByPidfd) {
    ipc::Result<ipc::Pidfd> peer = ipc::Pidfd::peer_of(fd);
    if (peer) {
      process = std::move(*peer);
      return Check::kPassed;
    }
    return is_gone(peer.error().sys_errno) ? Check::kPeerGone : Check::kPeerUnknown;
  }
  const ipc::Result<ucred> credentials = credentials_of_peer(fd);
  if (!credentials || credentials->pid <= 0) return Check::kPeerUnknown;
  if (credentials->uid != uid_) return Check::kWrongUser;
  ipc::Result<ipc::Pidfd> peer = ipc::Pidfd::open(credentials->pid);
  if (!peer) return is_gone(peer.error().sys_errno) ? Check::kPeerGone : Check::kPeerUnknown;
  process = std::move(*peer);
  return Check::kPassed;
}

// Alive, one of the run's user's, not ours, and below the supervisor.
Check CallerCheck::judge_process(const ipc::Pidfd& process, std::uint64_t identity, CallerFacts& facts) {
  const ipc::Result<ipc::ProcessInfo> info = process.info();
  if (!info) return Check::kPeerGone;
  facts.pid = info->pid;
  facts.uid = info->uid;
  if (has_ended(process)) return Check::kPeerGone;
  if (ancestry_.is_ours(info->pid)) return Check::kPeerIsOurs;
  if (info->uid != uid_) return Check::kWrongUser;
  if (known(identity)) return Check::kPassed;
  const Check found = ancestry_.check(process);
  if (found == Check::kPassed) remember(identity);
  return found;
}

void CallerCheck::begin_unix(const ClientSocket& client, CallerInquiry& inquiry) {
  const Check peer = find_peer(client.fd(), inquiry.process);
  if (peer != Check::kPassed) return finish(inquiry, peer);
  const std::uint64_t identity = inquiry.process.identity();
  inquiry.facts.check = judge_process(inquiry.process, identity, inquiry.facts);
  name_caller(inquiry, identity);
}

// The name is for the log; refused callers have one too. A process keeps its identity through exec, so a name is asked
// for again when it is not fresh.
void CallerCheck::name_caller(CallerInquiry& inquiry, std::uint64_t identity) {
  CallerFacts& facts = inquiry.facts;
  const Known* seen = known(identity);
  if (seen && clock_->since_boot() - seen->named_at < kNameFresh) {
    facts.executable = seen->executable;
    facts.comm = seen->comm;
    facts.behind = seen->behind;
    return finish(inquiry, facts.check);
  }
  if (facts.check == Check::kPeerGone || facts.pid <= 0) return finish(inquiry, facts.check);
  inquiry.ticket = sources_->witness.ask_executable(facts.pid);
  inquiry.awaiting = CallerInquiry::Awaiting::kName;
  if (inquiry.ticket == 0) return sources_->witness.gone() ? finish(inquiry, Check::kWitnessGone) : on_late(inquiry);
}

void CallerCheck::begin_tcp(const ClientSocket& client, Check token, CallerInquiry& inquiry) {
  const std::expected<TcpOwner, Check> owner = sources_->owners.find(client.client(), client.server());
  if (!owner) return finish(inquiry, owner.error());
  inquiry.facts.uid = owner->uid;
  inquiry.facts.inode = owner->inode;
  if (owner->uid != uid_) return finish(inquiry, Check::kWrongUser);
  if (token != Check::kPassed) return finish(inquiry, token);
  ask_holder(inquiry, CallerInquiry::Awaiting::kHolder);
}

// Ticket 0: more questions wait for the witness than its socket takes. settle() asks again.
void CallerCheck::ask_holder(CallerInquiry& inquiry, CallerInquiry::Awaiting awaiting) {
  inquiry.awaiting = awaiting;
  inquiry.ticket = sources_->witness.ask_holder(inquiry.facts.inode, ancestry_.root(), ancestry_.helpers());
  if (inquiry.ticket == 0 && sources_->witness.gone()) finish(inquiry, Check::kWitnessGone);
}

bool CallerCheck::settle(CallerInquiry& inquiry, std::chrono::microseconds budget) {
  while (!inquiry.settled) {
    if (inquiry.ticket == 0 && !ask_again(inquiry)) return inquiry.settled;
    WitnessAnswer answer;
    const Witness::Reply reply = budget.count() > 0 ? sources_->witness.await(inquiry.ticket, budget, answer)
                                                    : sources_->witness.take(inquiry.ticket, answer);
    if (reply == Witness::Reply::kHere) {
      on_answer(inquiry, answer);
    } else if (reply == Witness::Reply::kGone) {
      finish(inquiry, Check::kWitnessGone);
    } else if (clock_->since_boot() >= inquiry.deadline) {
      sources_->witness.abandon(inquiry.ticket);
      on_late(inquiry);
    } else {
      return false;
    }
  }
  return true;
}

bool CallerCheck::ask_again(CallerInquiry& inquiry) {
  ask_holder(inquiry, inquiry.awaiting);
  if (inquiry.ticket != 0) return true;
  if (!inquiry.settled && clock_->since_boot() >= inquiry.deadline) on_late(inquiry);
  return false;
}

// A Unix caller is judged already, and only its name for the log is missing: a busy machine must not turn it away, nor
// hide which check refused it. Only the witness can say who holds a TCP socket.
void CallerCheck::on_late(CallerInquiry& inquiry) {
  using Awaiting = CallerInquiry::Awaiting;
  const bool is_judged = inquiry.awaiting == Awaiting::kName || inquiry.awaiting == Awaiting::kBehind;
  if (!is_judged) return finish(inquiry, Check::kWitnessLate);
  if (inquiry.awaiting == Awaiting::kBehind) inquiry.facts.behind = {};
  const bool gone = inquiry.facts.allowed() && !inquiry.process.info();
  finish(inquiry, gone ? Check::kPeerGone : inquiry.facts.check);
}

void CallerCheck::abandon(CallerInquiry& inquiry) {
  if (inquiry.settled) return;
  sources_->witness.abandon(inquiry.ticket);
  finish(inquiry, Check::kPeerGone);
}

void CallerCheck::on_answer(CallerInquiry& inquiry, const WitnessAnswer& answer) {
  if (inquiry.awaiting == CallerInquiry::Awaiting::kHolder) return on_holder(inquiry, answer);
  if (inquiry.awaiting == CallerInquiry::Awaiting::kHolderAgain) return on_holder_again(inquiry, answer);
  if (inquiry.awaiting == CallerInquiry::Awaiting::kBehind) return on_behind(inquiry, answer);
  on_name(inquiry, answer);
}

// The number was asked about; the pidfd says whether it still was this process.
void CallerCheck::on_name(CallerInquiry& inquiry, const WitnessAnswer& answer) {
  if (inquiry.process.info().has_value()) {
    inquiry.facts.executable = executable_of(answer);
    inquiry.facts.comm = comm_of(answer);
    if (ask_behind_helper(inquiry)) return;
  } else if (inquiry.facts.allowed()) {
    inquiry.facts.check = Check::kPeerGone;
  }
  finish_named(inquiry);
}

void CallerCheck::finish_named(CallerInquiry& inquiry) {
  const CallerFacts& facts = inquiry.facts;
  Known* const seen = facts.check == Check::kPeerGone ? nullptr : known(inquiry.process.identity());
  if (seen) *seen = Known{seen->identity, facts.executable, facts.comm, facts.behind, clock_->since_boot()};
  finish(inquiry, facts.check);
}

void CallerCheck::on_holder(CallerInquiry& inquiry, const WitnessAnswer& answer) {
  if (answer.pid <= 0) return finish(inquiry, answer.cut_short != 0 ? Check::kHolderCutShort : Check::kHolderUnknown);
  ipc::Result<ipc::Pidfd> process = ipc::Pidfd::open(answer.pid);
  if (!process) return finish(inquiry, Check::kHolderChanged);
  inquiry.process = std::move(*process);
  inquiry.facts.executable = executable_of(answer);
  inquiry.facts.comm = comm_of(answer);
  const std::uint64_t identity = inquiry.process.identity();
  const Check found = judge_process(inquiry.process, identity, inquiry.facts);
  if (found != Check::kPassed) return finish(inquiry, found);
  if (identity != 0) return finish(inquiry, identity == answer.identity ? Check::kPassed : Check::kHolderChanged);
  // No identities on this kernel: asked again while the pidfd is held, the same number means the same process.
  ask_holder(inquiry, CallerInquiry::Awaiting::kHolderAgain);
}

void CallerCheck::on_holder_again(CallerInquiry& inquiry, const WitnessAnswer& answer) {
  const bool same =
      answer.pid == inquiry.facts.pid && inquiry.process.info().has_value() && !has_ended(inquiry.process);
  finish(inquiry, same ? Check::kPassed : Check::kHolderChanged);
}

Check CallerCheck::still_the_caller(const ClientSocket& client, const CallerFacts& facts) {
  if (client.transport() == ipc::Transport::Unix) return Check::kPassed;
  if (const Check again = client.judge_again(); again != Check::kPassed) return again;
  const std::expected<TcpOwner, Check> owner = sources_->owners.find(client.client(), client.server());
  if (!owner) return owner.error();
  return owner->inode == facts.inode && owner->uid == uid_ ? Check::kPassed : Check::kPeerChanged;
}

CallerCheck::Known* CallerCheck::known(std::uint64_t identity) {
  if (identity == 0) return nullptr;
  const auto found = std::find_if(known_.begin(), known_.end(), [=](const Known& k) { return k.identity == identity; });
  if (found == known_.end()) return nullptr;
  known_.splice(known_.begin(), known_, found);
  return &known_.front();
}

void CallerCheck::remember(std::uint64_t identity) {
  if (identity == 0) return;
  known_.push_front(Known{identity, {}, {}, {}, {}});
  if (known_.size() > kMaxKnown) known_.pop_back();
}

}  // namespace broker
