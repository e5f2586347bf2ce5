#include <algorithm>
#include <utility>

#include "ipc/channel.h"
#include "run/keeper_loop.h"
#include "terminal/exit_codes.h"
#include "terminal/say.h"

namespace supervisor {
namespace {

using ipc::Fault;
using ipc::Side;
using namespace std::chrono_literals;

constexpr auto kTreeGrace = 2s;   // between SIGTERM and SIGKILL
constexpr auto kKillGrace = 3s;   // without a new process, until we say that something cannot be killed
constexpr auto kKillLimit = 30s;  // though new ones come

std::string name_of(Side side) { return side == Side::Broker ? "broker" : "frontend"; }

}  // namespace

void Keeper::look_at_children() {
  run_.job().begin_news();
  for (ChildNews news = next_child_news(); news.pid != 0; news = next_child_news()) {
    run_.tree_end().note(news);
    if (news.pid == run_.job().command().pid) {
      on_command_news(news);
    } else if (news.pid == run_.talk().helper(Side::Broker).pid) {
      on_helper_news(Side::Broker, news);
    } else if (news.pid == run_.talk().helper(Side::Frontend).pid) {
      on_helper_news(Side::Frontend, news);
    } else if (news.ended() && released_) {
      user_change_.see(news.uid);  // an orphan of the tree
    }
  }
  if (state_ == State::Stopping || state_ == State::Killing) sweep_tree();
  if (state_ == State::Closing && !run_.talk().helper(Side::Broker).running() &&
      !run_.talk().helper(Side::Frontend).running()) {
    happen(Event::HelpersGone);
  }
}

void Keeper::on_helper_news(Side side, const ChildNews& news) {
  if (news.ended()) {
    stopped_helpers_.ended(news.pid);
    if (side == Side::Broker) stopped_helpers_.ended(run_.talk().witness_pid());
    return on_helper_end(side, ending_of(news.code, news.status));
  }
  if (state_ != State::Starting && state_ != State::Running) return;  // then it has seconds to end by itself
  if (news.code == CLD_STOPPED)
    return stopped_helpers_.stopped(news.pid, name_of(side), "nothing is handed out", Clock::now());
  if (const std::string words = stopped_helpers_.continued(news.pid); !words.empty()) run_.talk().lines().say(words);
}

void Keeper::on_command_news(const ChildNews& news) {
  if (!news.ended())
    return run_.job().stopped_or_continued(news, state_ != State::Stopping && state_ != State::Killing);
  // What it was refused was said before its end, and may still lie in the channel.
  if (released_) hear(Side::Broker);
  run_.job().ended();
  run_.talk().lines().say_all();
  const Ending ending = ending_of(news.code, news.status);
  if (released_) {
    user_change_.see(news.uid);
    if (worth_telling(ending) && !killed_tree_) say("the command " + describe(ending));
    set_outcome(ending.code);
    command_ended_ = true;
  } else if (state_ == State::Starting || state_ == State::Running) {
    on_end_of_waiting(ending);
  }
  happen(Event::CommandExit);
}

// Before it became the command. Of a Control-C it may end before we have heard of that.
void Keeper::on_end_of_waiting(const Ending& ending) {
  const bool by_key = ending.signal == 0 && ending.code > kExitSignalBase;
  const bool by_signal = asks_to_end(ending.signal);
  if (!by_key && !by_signal) report({Fault::kSystem, "the waiting command " + describe(ending), "try again", 0});
  set_outcome(by_key || by_signal ? ending.code : kExitOwnFailure);
}

void Keeper::on_helper_end(Side side, const Ending& ending) {
  // What it said last comes before what its end means: a Failed may still lie in the channel.
  hear(side);
  Helper& helper = run_.talk().helper(side);
  helper.pid = -1;
  helper.channel.close();
  const std::string name = name_of(side);
  if (state_ == State::Starting) {
    report({Fault::kSystem, "the " + name + " ended before it was ready: it " + describe(ending),
            "run it under the same user from its folder to see whether it can be executed", 0});
    set_outcome(kExitOwnFailure);
  }
  if (side == Side::Broker) run_.talk().errands().end();
  if (side == Side::Broker) return on_broker_end(ending);
  // It ended because the broker did, whose own end follows: its control channel closes first.
  hear(Side::Broker);
  if (state_ == State::Running && !run_.talk().helper(Side::Broker).channel.open()) return;
  const bool stranger = ending.signal == 0 && ending.code == ipc::kStrangerExit;
  const bool restart = state_ == State::Running && !stranger && restarts_.take(Clock::now());
  if (state_ == State::Running && stranger) {
    report(
        {Fault::kProtocol, "another process uses the channel of the frontend: the run ends", ipc::kAgainstStranger, 0});
  } else if (state_ == State::Running) {
    run_.talk().lines().say(
        "the frontend " + describe(ending) +
        (restart ? "; it is started again on the same socket" : "; too often within a minute: the run ends"));
  }
  happen(restart || state_ != State::Running ? Event::FrontendExit : Event::FrontendHopeless);
}

void Keeper::on_broker_end(const Ending& ending) {
  const bool keep = request_.on_broker_exit == OnBrokerExit::Keep;
  if (state_ == State::Running) {
    say("the broker " + (broker_gave_up_ ? "gave up" : describe(ending)) + ": no more credentials; the command " +
        (keep ? "is left running (--on-broker-exit keep)"
              : "is being ended (--on-broker-exit keep would leave it running)"));
  }
  happen(keep ? Event::BrokerExitKeep : Event::BrokerExit);
}

void Keeper::perform(Action action) {
  switch (action) {
    case Action::Ignore:
      return;
    case Action::StartCommand:
      return start_command();
    case Action::RestartFrontend:
      return restart_frontend();
    case Action::HoldListener:
      deadline_.reset();
      return run_.kill_helper(Side::Frontend);
    case Action::ForwardSignal:
      return run_.job().forward(signal_);
    case Action::StopTree:
      deadline_ = Clock::now() + kTreeGrace;
      return run_.stop_tree();
    case Action::KillTree:
      killed_tree_ = true;
      kill_limit_ = Clock::now() + kKillLimit;
      deadline_ = Clock::now() + kKillGrace;
      return;
    case Action::GiveUpTree:
      run_.name_what_is_left();
      [[fallthrough]];
    case Action::CloseHelpers:
      deadline_ = Clock::now() + kHelperGrace;
      return run_.close_helpers();
    case Action::KillHelpers:
      run_.kill_helper(Side::Broker);
      return run_.kill_helper(Side::Frontend);
    case Action::Finish:
      return run_.finish();
  }
}

void Keeper::start_command() {
  if (ipc::Status written = run_.write_config(); !written) return command_cannot_start(written.error());
  if (const auto change = run_.folder().look()) on_tampered(*change);
  if (state_ != State::Running) return;
  ipc::Status started = run_.release_command();
  if (!started && started.error().sys_errno == EPIPE) return;  // it has just ended, which follows as SIGCHLD
  if (!started) return command_cannot_start(started.error());
  released_ = true;
  user_change_.begin(Clock::now());
}

// Ends the run from Running.
void Keeper::command_cannot_start(const ipc::Error& error) {
  report(error);
  set_outcome(kExitOwnFailure);
  if (error.fault == Fault::kRefused) run_.talk().tell_tampered(error.what, true);
  happen(Event::FrontendHopeless);
}

void Keeper::restart_frontend() {
  deadline_ = Clock::now() + kStartDeadline;
  if (ipc::Status started = run_.talk().start_frontend(); !started) {
    report(started.error());
    happen(Event::FrontendHopeless);
  }
}

void Keeper::sweep_tree() {
  const bool kills = state_ == State::Killing;
  if (run_.sweep_tree(kills)) return happen(Event::TreeEmpty);
  if (run_.tree_end().take_found() && kills) deadline_ = std::min(Clock::now() + kKillGrace, kill_limit_);
}

}  // namespace supervisor
