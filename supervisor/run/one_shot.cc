#include "run/one_shot.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <vector>

#include "child/command.h"
#include "child/wait_status.h"
#include "console/handover.h"
#include "init/init.h"
#include "ipc/terminal/local_time.h"
#include "ipc/text/rfc3339.h"
#include "run/conversation.h"
#include "run/deadlines.h"
#include "run/orphans.h"
#include "run/whoami_text.h"
#include "start/shell_line.h"
#include "terminal/exit_codes.h"
#include "terminal/question.h"
#include "terminal/say.h"

namespace supervisor {
namespace {

using ipc::Fault;
using ipc::Side;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

// How the command ends where Sentinel fails.
struct Failing {
  int code;
  bool json;
};

int refuse(const ipc::Error& error, Failing how) {
  how.json ? report_as_json(error) : report(error);
  return how.code;
}

// The signals that this process must answer to while it waits. All others reach it, or the command, as if it were not
// there.
class HeldSignals {
 public:
  HeldSignals() {
    sigemptyset(&held_);
    for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGCHLD}) sigaddset(&held_, number);
    ::sigprocmask(SIG_BLOCK, &held_, &caller_.mask);
    struct sigaction ours {};
    ours.sa_handler = SIG_DFL;  // an inherited SIG_IGN would reap the broker behind our back
    ::sigaction(SIGCHLD, &ours, &caller_.child_action);
  }
  ipc::Status open() {
    fd_ = ipc::UniqueFd(::signalfd(-1, &held_, SFD_CLOEXEC | SFD_NONBLOCK));
    return fd_ ? ipc::Status{} : ipc::system_error("signalfd");
  }
  [[nodiscard]] int fd() const { return fd_.get(); }
  void give_back() const { restore_signals(caller_); }

 private:
  sigset_t held_{};
  CallerSignals caller_{};
  ipc::UniqueFd fd_;
};

void stop_if_not_ignored() {
  struct sigaction now {};
  if (::sigaction(SIGTSTP, nullptr, &now) == 0 && now.sa_handler != SIG_IGN) ::raise(SIGSTOP);
}

// What came of waiting for the broker.
struct Outcome {
  bool answered = false;
  int signal = 0;  // asked for the end; 0: error says why there is no answer
  ipc::Error error{};
};

class OneShot {
 public:
  explicit OneShot(Preparation& preparation) : talk_(preparation) {
    if (has_terminal()) talk_.errands().offer_terminal([this] { return asker(); });
  }

  Outcome ask(const HeldSignals& signals) {
    const auto deadline = Clock::now() + kStartDeadline;
    Outcome outcome;
    if (ipc::Status started = talk_.start_broker(); !started) {
      outcome.error = started.error();
    } else {
      outcome = wait(signals, deadline);
    }
    talk_.errands().end();
    end_asker();
    end_broker();
    adopting_.end();
    return outcome;
  }

  ipc::IssuedKeys& keys() { return talk_.issued(); }
  [[nodiscard]] const ipc::Whoami& identity() const { return talk_.identity(); }
  ipc::ConsolePage& page() { return talk_.page(); }
  [[nodiscard]] const std::vector<ipc::WhoamiRole>& roles() const { return talk_.roles(); }
  [[nodiscard]] const ipc::Standing& standing() const { return talk_.standing(); }

 private:
  // To the broker's own end: what it says after the keys counts, too.
  Outcome wait(const HeldSignals& signals, Clock::time_point deadline) {
    StandingStill clock;
    while (true) {
      clock.look(talk_.errands().user_is_waited_for(), deadline);
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
      if (left.count() <= 0) return talk_.has_answer() ? Outcome{true, 0, {}} : Outcome{false, 0, talk_.overdue()};
      std::vector<pollfd> polled{{signals.fd(), POLLIN, 0}, {broker().channel.fd(), POLLIN, 0}};
      talk_.errands().add_to(polled);
      if (::poll(polled.data(), polled.size(), static_cast<int>(left.count())) <= 0) continue;
      while (const auto arrived = next_signal(signals.fd())) {
        if (asks_to_end(arrived->number)) return {false, arrived->number, {}};
        on_signal(*arrived);
      }
      talk_.errands().work();
      if (!polled[1].revents) continue;
      const bool had_answered = talk_.has_answer();
      const Heard heard = talk_.hear(Side::Broker);
      if (talk_.take_renewal()) deadline = Clock::now() + kStartDeadline;
      if (heard == Heard::Refused) return {false, 0, talk_.error()};
      if (heard == Heard::PeerGone && talk_.has_answer()) return {true, 0, {}};
      if (heard == Heard::PeerGone) return {false, 0, broker_gone()};
      talk_.errands().work();
      if (talk_.has_answer() && !had_answered) deadline = Clock::now() + kHelperGrace;
    }
  }

  // Job control. Whoever has the terminal silent stops first, when it has given it back; then so do we.
  void on_signal(const ArrivedSignal& arrived) {
    if (arrived.number == SIGTSTP && !talk_.errands().asks_on_terminal()) return stop_if_not_ignored();
    if (arrived.number == SIGTSTP && !arrived.from_terminal) (void)::kill(asker_.pid, SIGTSTP);
    siginfo_t info{};
    if (arrived.number != SIGCHLD || asker_.pid < 0) return;
    if (::waitid(P_PID, static_cast<id_t>(asker_.pid), &info, WSTOPPED | WNOHANG) != 0 || info.si_pid == 0) return;
    ::raise(SIGSTOP);
    (void)::kill(asker_.pid, SIGCONT);
  }

  ipc::Result<int> asker() {
    if (!asker_.socket) {
      auto forked = fork_asker();
      if (!forked) return std::unexpected(forked.error());
      asker_ = std::move(*forked);
    }
    return asker_.socket.get();
  }

  // It restores the terminal before it goes.
  void end_asker() {
    asker_.socket.reset();
    siginfo_t info{};
    if (asker_.pid > 0) {
      while (::waitid(P_PID, static_cast<id_t>(asker_.pid), &info, WEXITED) != 0 && errno == EINTR) {
      }
    }
    asker_.pid = -1;
  }

  ipc::Error broker_gone() {
    broker().channel.close();
    const std::string how = end_broker();
    return {Fault::kSystem, "the broker ended before it was ready: it " + how,
            "run it under the same user from its folder to see whether it can be executed", 0};
  }

  // By end of file, which is all that it needs; a broker that does not go is killed. Returns how it ended.
  std::string end_broker() {
    if (!broker().running()) return "is gone";
    broker().channel.close();
    pollfd ended{broker().handle.fd(), POLLIN, 0};
    const auto end = Clock::now() + kHelperGrace;
    while (::poll(&ended, 1, static_cast<int>(kHelperGrace / 1ms)) < 0 && Clock::now() < end) {
    }
    if (!ended.revents) (void)broker().handle.send_signal(SIGKILL);
    siginfo_t info{};
    while (::waitid(P_PID, static_cast<id_t>(broker().pid), &info, WEXITED) != 0 && errno == EINTR) {
    }
    broker().pid = -1;
    return describe(ending_of(info.si_code, info.si_status));
  }

  Helper& broker() { return talk_.helper(Side::Broker); }

  Adopting adopting_;  // before the broker is started
  Conversation talk_;
  Asker asker_;
};

// By the same signal, so that a shell sees what it is used to see.
int die_of(int signal) {
  ::kill(::getpid(), signal);
  return kExitSignalBase + signal;  // where the caller has it blocked
}

ipc::Status print_keys(const ipc::IssuedKeys& keys, KeyFormat format) {
  std::array<char, kMaxCredentialsText> text;
  const auto size = credentials_text(keys, format, text);
  if (!size) return std::unexpected(size.error());
  ipc::Status done = print(std::string_view(text.data(), *size));
  ipc::wipe(text.data(), text.size());
  return done;
}

// A page of the console: to the browser, or to stdout.
int show_page(const Preparation& preparation, ipc::ConsolePage& page) {
  const ExecRequest& request = preparation.request;
  ipc::Status shown =
      request.no_browser ? print(page.url.reveal()) : hand_to_browser(page.url.reveal(), preparation.environment);
  if (shown && request.no_browser) shown = print("\n");
  const std::string ends = page.ends.str();
  page = {};
  if (!shown) return refuse(shown.error(), {kExitNotOpened, false});
  const auto end = ipc::read_aws_time(ends);
  if (!request.quiet) {
    say("profile " + request.task.profile.str() + ": signed in to the AWS console until " +
        (end ? ipc::local_time(*end) : ends));
  }
  return kExitOpened;
}

int run_command(const Preparation& preparation, const ipc::Standing& standing, ipc::IssuedKeys& keys) {
  const ExecRequest& request = preparation.request;
  if (!request.quiet && is_interactive_shell(request.command)) {
    say(shell_line({request.task.profile.str(), standing.role_arn.str(), standing.rule.str(),
                    "keys in the environment until " + keys.expiration.str()}));
  }
  ChildFacts facts;
  facts.mode = ipc::RunMode::Cli;
  facts.profile = preparation.request.task.profile.str();
  facts.region = keys.region.str();
  facts.keys = &keys;
  std::vector<std::string> environment = child_environment(preparation.environment, facts);
  keys = {};
  const int code = become_command({preparation.command_file, preparation.request.command}, environment);
  for (std::string& entry : environment) ipc::wipe(entry.data(), entry.size());
  return code;
}

int begin_first_use(const Preparation& preparation, const OneShot& one_shot) {
  const auto text = begin_here({preparation.request.task.profile.str(), preparation.account.home,
                                environment_value(preparation.environment, "XDG_CONFIG_HOME")},
                               one_shot.identity(), one_shot.roles());
  if (!text) return refuse(text.error(), {kExitNotBegun, false});
  const ipc::Status told = print(*text);
  return told ? kExitBegun : refuse(told.error(), {kExitNotBegun, false});
}

}  // namespace

int run_one_shot(ExecRequest request, std::vector<std::string> environment, std::optional<ipc::EnvironmentKeys> keys,
                 const std::string& cwd) {
  const ipc::RunMode mode = request.task.mode;
  const Failing failed{own_failure(program_of(mode)), request.json};
  auto preparation = prepare(std::move(request), std::move(environment), std::move(keys), cwd);
  if (!preparation) return refuse(preparation.error().error, {preparation.error().exit_code, failed.json});
  HeldSignals signals;
  if (ipc::Status opened = signals.open(); !opened) return refuse(opened.error(), failed);
  OneShot one_shot(*preparation);
  const Outcome outcome = one_shot.ask(signals);
  preparation->logs.clear();
  signals.give_back();
  if (outcome.signal != 0) return die_of(outcome.signal);
  if (!outcome.answered) return refuse(outcome.error, failed);
  if (mode == ipc::RunMode::Cli) return run_command(*preparation, one_shot.standing(), one_shot.keys());
  if (preparation->request.first_files) return begin_first_use(*preparation, one_shot);
  if (mode == ipc::RunMode::Whoami) {
    const ipc::Status told =
        print(identity_text(one_shot.identity(), preparation->request, ipc::shows_colour(STDOUT_FILENO)));
    return told ? kExitTold : refuse(told.error(), failed);
  }
  if (mode == ipc::RunMode::Login) return show_page(*preparation, one_shot.page());
  const ipc::Status printed = print_keys(one_shot.keys(), preparation->request.key_format);
  one_shot.keys() = {};
  return printed ? kExitPrinted : refuse(printed.error(), failed);
}

}  // namespace supervisor
