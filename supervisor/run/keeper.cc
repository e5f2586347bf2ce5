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

<<<<<<< HEAD
constexpr auto kTreeGrace = 2s;  // between SIGTERM and SIGKILL
constexpr auto kKillGrace = 3s;  // until we say that something cannot be killed
constexpr auto kRescan = 20ms;   // while the tree is being ended: orphans appear without notice
constexpr std::size_t kMaxRestarts = 5;
constexpr auto kRestartWindow = 60s;

class Keeper {
 public:
  Keeper(Preparation& preparation, const CallerSignals& signals, const ipc::Pidfd& face)
      : preparation_(preparation), caller_signals_(signals), face_(face), talk_(preparation) {}

  int run() {
    deadline_ = Clock::now() + kStartDeadline;
    if (ipc::Status started = start(); !started) fail_start(started.error());
    while (state_ != State::Done) {
      wait_and_read();
      look_at_children();
      continue_if_asked();
      look_at_clock();
    }
    return outcome_;
  }

 private:
  ipc::Status start() {
    if (ipc::Status s = become_subreaper(); !s) return s;
    auto descriptor = signal_descriptor();
    if (!descriptor) return std::unexpected(descriptor.error());
    signals_ = std::move(*descriptor);
    // In this order: the command is forked into the caller's session, then we leave it.
    auto command = fork_waiting_command(command_plan());
    if (!command) return std::unexpected(command.error());
    command_ = std::move(*command);
    if (has_terminal()) talk_.errands().offer_terminal([this] { return asker(); });
    if (::setsid() < 0) return ipc::system_error("setsid");
    if (ipc::Status s = talk_.start_broker(); !s) return s;
    return talk_.start_frontend();
  }

  // The waiting command, which alone of ours is in the caller's session.
  [[nodiscard]] ipc::Result<int> asker() const {
    if (command_.starter) return command_.starter.get();
    return ipc::fail(Fault::kUnavailable, "the terminal is the command's now");
  }

  [[nodiscard]] CommandPlan command_plan() {
    CommandPlan plan;
    plan.file = preparation_.command_file;
    plan.arguments = preparation_.request.command;
    plan.caller_environment = preparation_.environment;
    plan.facts.transport = preparation_.listener.transport;
    plan.facts.port = preparation_.listener.port;
    plan.facts.socket_path = preparation_.listener.path;
    plan.facts.server = preparation_.listener.server;
    plan.facts.config_path = preparation_.folder.config_path;
    plan.facts.credentials_path = preparation_.folder.credentials_path;
    plan.facts.profile = preparation_.request.task.profile.str();
    plan.signals = caller_signals_;
    plan.forget = [this] { preparation_.environment_keys.reset(); };
    return plan;
  }

  // ---- events ----

  void happen(Event event) {
    const Cell& cell = step(state_, event);
    state_ = cell.next;
    perform(cell.action);
  }

  void fail_start(const ipc::Error& error) {
    report(error);
    set_outcome(kExitOwnError);
    happen(Event::StartFailed);
  }

  // The first outcome stands, but the command's own status beats any other.
  void set_outcome(int code) {
    if (!command_ended_) outcome_ = code;
  }

  void wait_and_read() {
    std::vector<pollfd> polled = {
        {signals_.get(), POLLIN, 0},
        {face_gone_ ? -1 : face_.fd(), POLLIN, 0},
        {talk_.helper(Side::Broker).channel.fd(), POLLIN, 0},
        {talk_.helper(Side::Frontend).channel.fd(), POLLIN, 0},
        {state_ == State::Bereft ? preparation_.listener.fd.get() : -1, POLLIN, 0},
    };
    talk_.errands().add_to(polled);
    if (::poll(polled.data(), polled.size(), poll_timeout_ms()) <= 0) return;
    if (polled[1].revents && !face_gone_) {
      face_gone_ = true;
      happen(Event::FaceGone);
    }
    if (polled[2].revents) hear(Side::Broker);
    if (polled[3].revents) hear(Side::Frontend);
    if (polled[4].revents) drop_waiting_clients(preparation_.listener);
    while (const auto arrived = next_signal(signals_.get())) on_signal(*arrived);
    talk_.errands().work();
  }

  [[nodiscard]] int poll_timeout_ms() const {
    if (state_ == State::Stopping || state_ == State::Killing) return static_cast<int>(kRescan.count());
    const std::optional<Clock::time_point> next = deadline_ ? deadline_ : user_change_.next_look();
    if (!next) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - Clock::now());
    return static_cast<int>(std::max<long>(0, left.count()));
  }

  void hear(Side side) {
    Helper& helper = talk_.helper(side);
    if (!helper.channel.open()) return;
    const Heard heard = talk_.hear(side);
    if (talk_.take_renewal() && state_ == State::Starting) deadline_ = Clock::now() + kStartDeadline;
    switch (heard) {
      case Heard::Nothing:
        return;
      case Heard::AllReady:
        deadline_.reset();  // of the start, or of a restarted frontend
        return happen(Event::HelpersReady);
      case Heard::PeerGone:
        helper.channel.close();  // its end follows as SIGCHLD
        if (helper.running()) (void)helper.handle.send_signal(SIGKILL);
        return;
      case Heard::Refused:
        helper.channel.close();
        if (helper.running()) (void)helper.handle.send_signal(SIGKILL);
        if (state_ == State::Starting) return fail_start(talk_.error());
        // A restarted frontend that could not be joined to a broker which has ended: that end follows, and says more.
        if (side == Side::Frontend && !talk_.helper(Side::Broker).channel.open()) return;
        if (side == Side::Broker) broker_gave_up_ = true;
        report(talk_.error());
        // Not a crash: somebody speaks through it. It gets no second try.
        if (side == Side::Frontend && state_ == State::Running) happen(Event::FrontendHopeless);
        return;
    }
  }

  void on_signal(const ArrivedSignal& arrived) {
    if (arrived.number == SIGCHLD) return;  // look_at_children() follows every wake-up
    if (arrived.number == SIGCONT) {
      continue_asked_ = true;
      return;
    }
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
  void on_stop_at_start(const ArrivedSignal& arrived) const {
    if (!talk_.errands().asks_on_terminal()) return stop_face();
    if (!arrived.from_terminal) forward_signal();
  }

  // The shell waits for the face: it must see a stop. SIGSTOP cannot be missed, and SIGCONT comes back through the
  // face.
  void stop_face() const { (void)face_.send_signal(SIGSTOP); }

  // SIGCONT for the face alone is meant for the command, too. After `fg` the command has had its own, and a Ctrl-Z
  // since then must not be undone: so only a command that is still in its old stop is continued.
  void continue_if_asked() {
    if (std::exchange(continue_asked_, false) && stopped_ && !stopped_just_now_)
      (void)command_.handle.send_signal(SIGCONT);
  }

  void look_at_children() {
    stopped_just_now_ = false;
    for (ChildNews news = next_child_news(); news.pid != 0; news = next_child_news()) {
      if (news.pid == command_.pid) {
        on_command_news(news);
      } else if (news.ended() && news.pid == talk_.helper(Side::Broker).pid) {
        on_helper_end(Side::Broker, ending_of(news.code, news.status));
      } else if (news.ended() && news.pid == talk_.helper(Side::Frontend).pid) {
        on_helper_end(Side::Frontend, ending_of(news.code, news.status));
      } else if (news.ended() && released_) {
        user_change_.see(news.uid);  // an orphan of the tree
      }
    }
    if (state_ == State::Stopping || state_ == State::Killing) sweep_tree();
    if (state_ == State::Closing && !talk_.helper(Side::Broker).running() && !talk_.helper(Side::Frontend).running()) {
      happen(Event::HelpersGone);
    }
  }

  void on_command_news(const ChildNews& news) {
    stopped_ = news.code == CLD_STOPPED;
    if (!news.ended()) {
      stopped_just_now_ = stopped_;
      if (state_ == State::Stopping || state_ == State::Killing) return;
      return stopped_ ? stop_face() : (void)face_.send_signal(SIGCONT);
    }
    // What it was refused was said before its end, and may still lie in the channel.
    if (released_) hear(Side::Broker);
    command_.pid = -1;
    const Ending ending = ending_of(news.code, news.status);
    if (released_) {
      user_change_.see(news.uid);
      if (worth_telling(ending) && !killed_tree_) say("the command " + describe(ending));
      set_outcome(ending.code);
      command_ended_ = true;
    } else if (state_ == State::Starting) {
      // Of a Ctrl-C at its question it may end before we have heard of that.
      set_outcome(ending.signal == 0 && ending.code > kExitSignalBase ? ending.code : kExitOwnError);
    }
    happen(Event::CommandExit);
  }

  void on_helper_end(Side side, const Ending& ending) {
    // What it said last comes before what its end means: a Failed may still lie in the channel.
    hear(side);
    Helper& helper = talk_.helper(side);
    helper.pid = -1;
    helper.channel.close();
    const std::string name = side == Side::Broker ? "broker" : "frontend";
    if (state_ == State::Starting) {
      report({Fault::kSystem, "the " + name + " ended before it was ready: it " + describe(ending),
              "run it under the same user from its folder to see whether it can be executed", 0});
      set_outcome(kExitOwnError);
    }
    if (side == Side::Broker) talk_.errands().end();
    if (side == Side::Broker) return on_broker_end(ending);
    // It ended because the broker did, whose own end follows: its control channel closes first.
    hear(Side::Broker);
    if (state_ == State::Running && !talk_.helper(Side::Broker).channel.open()) return;
    const bool stranger = ending.signal == 0 && ending.code == ipc::kStrangerExit;
    const bool restart = state_ == State::Running && !stranger && restarts_.take(Clock::now());
    if (state_ == State::Running && stranger) {
      report({Fault::kProtocol, "another process uses a channel of the frontend: the run ends",
              "find out what that process is; install Sentinel as root, so that its helpers cannot be read from their "
              "start",
              0});
    } else if (state_ == State::Running) {
      say("the frontend " + describe(ending) +
          (restart ? "; it is started again on the same socket" : "; too often within a minute: the run ends"));
    }
    happen(restart || state_ != State::Running ? Event::FrontendExit : Event::FrontendHopeless);
  }

  void on_broker_end(const Ending& ending) {
    const bool keep = preparation_.request.on_broker_exit == OnBrokerExit::Keep;
    if (state_ == State::Running) {
      say("the broker " + (broker_gave_up_ ? "gave up" : describe(ending)) + ": no more credentials; the command " +
          (keep ? "is left running (--on-broker-exit keep)"
                : "is being ended (--on-broker-exit keep would leave it running)"));
    }
    happen(keep ? Event::BrokerExitKeep : Event::BrokerExit);
  }

  void look_at_clock() {
    if (released_ && command_.pid > 0) user_change_.look_when_due(command_.pid, Clock::now());
    if (state_ == State::Starting && deadline_) start_clock_.look(talk_.errands().user_is_waited_for(), *deadline_);
    if (!deadline_ || Clock::now() < *deadline_) return;
    deadline_.reset();
    if (state_ == State::Starting) {
      return fail_start({Fault::kUnavailable, "not ready after 30 seconds, waiting for " + talk_.waiting_for(),
                         "check the network and the endpoint, then try again", 0});
    }
    if (state_ == State::Running) return frontend_overdue();
    happen(Event::GraceOver);
  }

  // A restarted frontend that does not lock itself down is as good as dead.
  void frontend_overdue() {
    Helper& frontend = talk_.helper(Side::Frontend);
    if (frontend.running()) (void)frontend.handle.send_signal(SIGKILL);
  }

  // ---- actions ----

  void perform(Action action) {
    switch (action) {
      case Action::Ignore:
        return;
      case Action::StartCommand:
        return start_command();
      case Action::RestartFrontend:
        return restart_frontend();
      case Action::HoldListener:
        return hold_listener();
      case Action::ForwardSignal:
        return forward_signal();
      case Action::StopTree:
        return stop_tree();
      case Action::KillTree:
        killed_tree_ = true;
        deadline_ = Clock::now() + kKillGrace;
        return;
      case Action::GiveUpTree:
        return give_up_tree();
      case Action::CloseHelpers:
        return close_helpers();
      case Action::KillHelpers:
        return kill_helpers();
      case Action::Finish:
        return finish();
    }
  }

  void start_command() {
    talk_.errands().leave_terminal();
    talk_.errands().work();
    ipc::Status started = write_aws_config(preparation_, talk_.region(), talk_.settings());
    if (started) started = release(command_, talk_.region(), talk_.token().reveal(), talk_.answer_key().reveal());
    talk_.forget_token();
    if (started) {
      released_ = true;
      user_change_.begin(Clock::now());
      return;
    }
    report(started.error());
    set_outcome(kExitOwnError);
    happen(Event::FrontendHopeless);  // ends the run from Running
  }

  void restart_frontend() {
    deadline_ = Clock::now() + kStartDeadline;
    if (ipc::Status started = talk_.start_frontend(); !started) {
      report(started.error());
      happen(Event::FrontendHopeless);
    }
  }

  void hold_listener() {
    Helper& frontend = talk_.helper(Side::Frontend);
    if (frontend.running()) (void)frontend.handle.send_signal(SIGKILL);
    deadline_.reset();
  }

  void forward_signal() const {
    if (command_.pid > 0) (void)command_.handle.send_signal(signal_);
  }

  void stop_tree() {
    talk_.errands().end();
    command_.starter.reset();  // a command that still waits ends itself
    deadline_ = Clock::now() + kTreeGrace;
    sweep_tree();
  }

  // Orphans become children one generation at a time, so this is repeated until there are none.
  void sweep_tree() {
    tree_end_.spare({talk_.helper(Side::Broker).pid, talk_.helper(Side::Frontend).pid});
    if (tree_end_.sweep(state_ == State::Killing)) happen(Event::TreeEmpty);
  }

  void give_up_tree() {
    for (const pid_t pid : tree_end_.left()) {
      say("process " + std::to_string(pid) +
          " of the command could not be ended (another user's?); it gets no more credentials");
    }
    close_helpers();
  }

  void close_helpers() {
    talk_.helper(Side::Broker).channel.close();
    talk_.helper(Side::Frontend).channel.close();
    deadline_ = Clock::now() + kHelperGrace;
  }

  void kill_helpers() {
    for (const Side side : {Side::Broker, Side::Frontend}) {
      Helper& helper = talk_.helper(side);
      if (helper.running()) (void)helper.handle.send_signal(SIGKILL);
    }
  }

  void finish() {
    // A witness that the command stopped sees no end of file. Its broker has ended, so it is our child now.
    for (const pid_t pid : own_children()) ::kill(pid, SIGKILL);
    for (const std::string& path : preparation_.owned.remove_all())
      say("left behind, because it is not ours any more: " + path);
  }

  Preparation& preparation_;
  const CallerSignals& caller_signals_;
  const ipc::Pidfd& face_;
  Conversation talk_;
  ipc::UniqueFd signals_;
  WaitingCommand command_;
  State state_ = State::Starting;
  std::optional<Clock::time_point> deadline_;
  StandingStill start_clock_;
  RestartLimit restarts_{kMaxRestarts, kRestartWindow};
  TreeEnd tree_end_;
  UserChange user_change_;
  int signal_ = 0, outcome_ = kExitOwnError;
  bool face_gone_ = false, released_ = false, command_ended_ = false, killed_tree_ = false, broker_gave_up_ = false,
       continue_asked_ = false, stopped_ = false, stopped_just_now_ = false;
};
=======
constexpr std::chrono::seconds kLookAtWitness{5};  // a child of the broker's, so that the kernel tells us nothing of it
constexpr std::chrono::milliseconds kRescan{20};   // while the tree is being ended: orphans appear without notice
>>>>>>> folder

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
  }
  return outcome_;
}

void Keeper::happen(Event event) {
  const Cell& cell = step(state_, event);
  state_ = cell.next;
  perform(cell.action);
}

void Keeper::fail_start(const ipc::Error& error) {
  report(error);
  set_outcome(kExitOwnError);
  happen(Event::StartFailed);
}

// The first outcome stands, but the command's own status beats any other.
void Keeper::set_outcome(int code) {
  if (!command_ended_) outcome_ = code;
}

void Keeper::wait_and_read() {
  std::vector<pollfd> polled = {
      {run_.signals(), POLLIN, 0},
      {run_.job().face_fd(), POLLIN, 0},
      {run_.talk().helper(Side::Broker).channel.fd(), POLLIN, 0},
      {run_.talk().helper(Side::Frontend).channel.fd(), POLLIN, 0},
      {state_ == State::Bereft ? run_.listener().fd.get() : -1, POLLIN, 0},
      {next_look_ ? -1 : run_.folder().fd(), POLLIN, 0},
  };
  run_.talk().errands().add_to(polled);
  if (::poll(polled.data(), polled.size(), poll_timeout_ms()) <= 0) return;
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
  for (const auto& other : {next_look_, next_witness_, stopped_helpers_.next(), user_change_.next_look()}) {
    if (other) next = std::min(next.value_or(*other), *other);
  }
  if (!next) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - Clock::now());
  return static_cast<int>(std::max<long>(0, left.count()));
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
  if (const std::string words = stopped_helpers_.continued(pid); !words.empty()) say(words);
}

void Keeper::look_at_clock() {
  if (released_ && run_.job().command().pid > 0) user_change_.look_when_due(run_.job().command().pid, Clock::now());
  look_at_witness();
  while (const auto due = stopped_helpers_.due(Clock::now())) {
    if (due.overdue != 0) end_stopped(due.overdue);
    if (!due.words.empty()) say(due.words);
  }
  if (state_ == State::Starting && deadline_) start_clock_.look(run_.talk().errands().user_is_waited_for(), *deadline_);
  if (!deadline_ || Clock::now() < *deadline_) return;
  deadline_.reset();
  if (state_ == State::Starting) {
    return fail_start({Fault::kUnavailable, "not ready after 30 seconds, waiting for " + run_.talk().waiting_for(),
                       "check the network and the endpoint, then try again", 0});
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
      (ends ? "the run is being ended (--on-tamper warn would let it go on)" : "the run goes on (--on-tamper warn)"));
  say("  look at what else runs as you; where a clean-up removed it, set XDG_RUNTIME_DIR to a folder that is left "
      "alone");
  run_.talk().tell_tampered(change, ends);
  if (!ends) return;
  set_outcome(kExitOwnError);
  happen(Event::Tampered);
}

int keep(Preparation& preparation, const CallerSignals& signals, const ipc::Pidfd& face) {
  ::prctl(PR_SET_NAME, "sentinel-keeper", 0, 0, 0);
  const int code = Keeper(preparation, signals, face).run();
  reap_orphans();
  return code;
}

}  // namespace supervisor
