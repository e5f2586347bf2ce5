#include "run/keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "child/process_tree.h"
#include "child/restart_limit.h"
#include "child/wait_status.h"
#include "ipc/channel.h"
#include "run/conversation.h"
#include "run/deadlines.h"
#include "run/lifecycle.h"
#include "run/orphans.h"
#include "run/user_change.h"
#include "terminal/exit_codes.h"
#include "terminal/question.h"
#include "terminal/say.h"

namespace supervisor {
namespace {

using ipc::Fault;
using ipc::Side;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

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
    if (started) started = release(command_, talk_.region(), talk_.token().reveal());
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

}  // namespace

int keep(Preparation& preparation, const CallerSignals& signals, const ipc::Pidfd& face) {
  ::prctl(PR_SET_NAME, "sentinel-keeper", 0, 0, 0);
  const int code = Keeper(preparation, signals, face).run();
  reap_orphans();
  return code;
}

}  // namespace supervisor
