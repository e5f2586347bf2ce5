#include "run/keeper.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>

#include <algorithm>
#include <vector>

#include "child/frozen_tree.h"
#include "run/keeper_loop.h"
#include "run/orphans.h"
#include "terminal/exit_codes.h"
#include "terminal/say.h"

namespace supervisor {
namespace {

using ipc::Fault;
using ipc::Side;

constexpr std::chrono::seconds kLookAtWitness{5};  // a child of the broker's, so that the kernel tells us nothing of it
constexpr std::chrono::milliseconds kRescan{20};   // while the tree is being ended: orphans appear without notice

}  // namespace

int Keeper::run() {
  deadline_ = Clock::now() + kStartDeadline;
  if (ipc::Status started = run_.start(); !started) fail_start(started.error());
  while (state_ != State::Done) {
    wait_and_read();
    look_at_folder();  // first: a command that was fooled may have ended by now, and that must still be told
    look_at_children();
    run_.job().continue_if_asked();
    look_at_clock();
    run_.talk().lines().look();
  }
  run_.talk().lines().say_all();
  return outcome_;
}

void Keeper::happen(Event event) {
  const Cell& cell = step(state_, event);
  state_ = cell.next;
  perform(cell.action);
}

void Keeper::fail_start(const ipc::Error& error) {
  report(error);
  set_outcome(kExitOwnFailure);
  happen(Event::StartFailed);
}

// The first outcome stands, but the command's own status beats any other.
void Keeper::set_outcome(int code) {
  if (!command_ended_) outcome_ = tampered_ && code == kExitSuccess ? kExitOwnFailure : code;
}

void Keeper::wait_and_read() {
  std::vector<pollfd> polled = {
      {run_.signals(), POLLIN, 0},
      {run_.job().face_fd(), POLLIN, 0},
      {run_.talk().helper(Side::Broker).channel.fd(), POLLIN, 0},
      {run_.talk().helper(Side::Frontend).channel.fd(), POLLIN, 0},
      {state_ == State::Bereft ? run_.listener().fd.get() : -1, POLLIN, 0},
      {next_look_ ? -1 : run_.folder().fd(), POLLIN, 0},
      {run_.folder().mounts().fd(), POLLPRI, 0},
  };
  run_.talk().errands().add_to(polled);
  if (::poll(polled.data(), polled.size(), poll_timeout_ms()) <= 0) return;
  if (polled[6].revents) run_.folder().mounts().changed();
  if (polled[1].revents) {
    run_.job().face_ended();
    happen(Event::FaceGone);
  }
  if (polled[2].revents) hear(Side::Broker);
  if (polled[3].revents) hear(Side::Frontend);
  if (polled[4].revents) drop_waiting_clients(run_.listener());
  while (const auto arrived = next_signal(run_.signals())) on_signal(*arrived);
  run_.talk().errands().work();
}

int Keeper::poll_timeout_ms() const {
  if (state_ == State::Stopping || state_ == State::Killing) return static_cast<int>(kRescan.count());
  std::optional<Clock::time_point> next = deadline_;
  for (const auto& other : {next_look_, next_witness_, stopped_helpers_.next(), user_change_.next_look(),
                            run_.talk().lines().next_look()}) {
    if (other) next = std::min(next.value_or(*other), *other);
  }
  return poll_timeout(next);
}

void Keeper::hear(Side side) {
  Helper& helper = run_.talk().helper(side);
  if (!helper.channel.open()) return;
  const Heard heard = run_.talk().hear(side);
  if (run_.talk().take_renewal() && state_ == State::Starting) deadline_ = Clock::now() + kStartDeadline;
  switch (heard) {
    case Heard::Nothing:
      return;
    case Heard::AllReady:
      deadline_.reset();  // of the start, or of a restarted frontend
      return happen(Event::HelpersReady);
    case Heard::PeerGone:
      helper.channel.close();  // its end follows as SIGCHLD
      return run_.kill_helper(side);
    case Heard::Refused:
      helper.channel.close();
      run_.kill_helper(side);
      if (state_ == State::Starting) return fail_start(run_.talk().error());
      // A restarted frontend that could not be joined to a broker which has ended: that end follows, and says more.
      if (side == Side::Frontend && !run_.talk().helper(Side::Broker).channel.open()) return;
      if (side == Side::Broker) broker_gave_up_ = true;
      report(run_.talk().error());
      // Not a crash: somebody speaks through it. It gets no second try.
      if (side == Side::Frontend && state_ == State::Running) happen(Event::FrontendHopeless);
      return;
  }
}

void Keeper::on_signal(const ArrivedSignal& arrived) {
  if (arrived.number == SIGCHLD) return;  // look_at_children() follows every wake-up
  if (arrived.number == SIGCONT) return run_.job().ask_to_continue();
  signal_ = arrived.number;
  if (state_ == State::Running || state_ == State::Bereft) {
    if (!arrived.from_terminal) happen(Event::TermSignal);
    return;  // from the terminal the command has it already
  }
  if (arrived.number == SIGTSTP && state_ == State::Starting) return on_stop_at_start(arrived);
  if (!asks_to_end(arrived.number)) return;
  if (state_ == State::Starting) set_outcome(kExitSignalBase + arrived.number);
  happen(Event::TermSignal);
}

// Whoever has the terminal silent stops first, when it has given it back; that stop is passed on.
void Keeper::on_stop_at_start(const ArrivedSignal& arrived) const {
  if (!run_.talk().errands().asks_on_terminal()) return run_.job().stop_face();
  if (!arrived.from_terminal) run_.job().forward(arrived.number);
}

void Keeper::look_at_witness() {
  const auto now = Clock::now();
  if (next_witness_ && now < *next_witness_) return;
  next_witness_.reset();
  const pid_t pid = run_.talk().witness_pid();
  if (state_ != State::Running || pid == 0) return;
  next_witness_ = now + kLookAtWitness;
  const auto seen = proc_stat(pid);
  if (!seen || seen->parent != run_.talk().helper(Side::Broker).pid) return;  // its broker is ending
  if (seen->stopped()) return stopped_helpers_.stopped(pid, "witness", "who calls cannot be seen", now);
  if (const std::string words = stopped_helpers_.continued(pid); !words.empty()) run_.talk().lines().say(words);
}

void Keeper::look_at_clock() {
  if (released_ && run_.job().command().pid > 0) user_change_.look_when_due(run_.job().command().pid, Clock::now());
  look_at_witness();
  while (const auto due = stopped_helpers_.due(Clock::now())) {
    if (due.overdue != 0) end_stopped(due.overdue);
    if (!due.words.empty()) run_.talk().lines().say(due.words);
  }
  if (state_ == State::Starting && deadline_) start_clock_.look(run_.talk().errands().user_is_waited_for(), *deadline_);
  if (!deadline_ || Clock::now() < *deadline_) return;
  deadline_.reset();
  if (state_ == State::Starting) {
    return fail_start(run_.talk().overdue());
  }
  // A restarted frontend that does not lock itself down is as good as dead.
  if (state_ == State::Running) return run_.kill_helper(Side::Frontend);
  happen(Event::GraceOver);
}

// It ends as any helper that dies.
void Keeper::end_stopped(pid_t pid) {
  for (const Side side : {Side::Broker, Side::Frontend}) {
    if (run_.talk().helper(side).pid == pid) return run_.kill_helper(side);
  }
  const auto witness = ipc::Pidfd::open(pid);
  const auto seen = proc_stat(pid);
  if (witness && seen && seen->parent == run_.talk().helper(Side::Broker).pid) (void)witness->send_signal(SIGKILL);
}

void Keeper::look_at_folder() {
  if (state_ == State::Stopping || state_ == State::Killing || state_ == State::Closing || state_ == State::Done)
    return;
  if (next_look_ && Clock::now() < *next_look_) return;
  const auto change = run_.folder().look();
  next_look_.reset();
  if (change || !run_.folder().why_by_looking().empty()) next_look_ = Clock::now() + FolderWatch::kLookEvery;
  if (change) on_tampered(*change);
}

void Keeper::on_tampered(const std::string& change) {
  const bool ends = request_.on_tamper == OnTamper::End;
  say("TAMPERED: " + change + ", and not by Sentinel: the command may get credentials from elsewhere; " +
          (ends ? "the run is being ended (--on-tamper warn would let it go on)"
                : "the run goes on (--on-tamper warn)"),
      ipc::Ink::kBad);
  say("  look at what else runs as you; where a clean-up removed it, set XDG_RUNTIME_DIR to a folder that is left "
      "alone");
  run_.talk().tell_tampered(change, ends);
  if (!ends) return;
  tampered_ = true;  // such a run never ends well, whatever the command makes of it
  set_outcome(kExitOwnFailure);
  happen(Event::Tampered);
}

int keep(Preparation& preparation, const CallerSignals& signals, const ipc::Pidfd& face) {
  ::prctl(PR_SET_NAME, "sentinel-keeper", 0, 0, 0);
  const int code = Keeper(preparation, signals, face).run();
  reap_orphans();
  return code;
}

}  // namespace supervisor
