// The keeper's loop: it turns what it hears into the events of lifecycle.def, and that table's actions into deeds.
// run/keeper.cc hears channels, signals, the clock and the run's own files; run/keeper_children.cc hears of children
// and acts.
//
// Runs in: supervisor (keeper).   Blocks: in poll, until something happens.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "child/restart_limit.h"
#include "child/stopped_helpers.h"
#include "child/wait_status.h"
#include "run/deadlines.h"
#include "run/kept_run.h"
#include "run/lifecycle.h"
#include "run/user_change.h"
#include "terminal/exit_codes.h"

namespace supervisor {

class Keeper {
 public:
  using Clock = std::chrono::steady_clock;
  Keeper(Preparation& preparation, const CallerSignals& signals, const ipc::Pidfd& face)
      : request_(preparation.request), run_(preparation, signals, face) {}

  // Returns the exit code.
  int run();

 private:
  static constexpr std::size_t kMaxRestarts = 5;
  static constexpr std::chrono::seconds kRestartWindow{60};

  void happen(Event event);
  void fail_start(const ipc::Error& error);
  void set_outcome(int code);
  void wait_and_read();
  [[nodiscard]] int poll_timeout_ms() const;
  void hear(ipc::Side side);
  void on_signal(const ArrivedSignal& arrived);
  void on_stop_at_start(const ArrivedSignal& arrived) const;
  void look_at_clock();
  void look_at_witness();
  void end_stopped(pid_t pid);
  void look_at_folder();
  void on_tampered(const std::string& change);

  void look_at_children();
  void on_helper_news(ipc::Side side, const ChildNews& news);
  void on_command_news(const ChildNews& news);
  void on_end_of_waiting(const Ending& ending);
  void on_helper_end(ipc::Side side, const Ending& ending);
  void on_broker_end(const Ending& ending);
  void perform(Action action);
  void start_command();
  void command_cannot_start(const ipc::Error& error);
  void restart_frontend();
  void sweep_tree();

  const ExecRequest& request_;
  KeptRun run_;
  State state_ = State::Starting;
  std::optional<Clock::time_point> deadline_, next_look_, next_witness_;
  Clock::time_point kill_limit_{};
  StandingStill start_clock_;
  RestartLimit restarts_{kMaxRestarts, kRestartWindow};
  StoppedHelpers stopped_helpers_;
  UserChange user_change_;
  int signal_ = 0, outcome_ = kExitOwnFailure;
  bool released_ = false, command_ended_ = false, killed_tree_ = false, broker_gave_up_ = false, tampered_ = false;
};

}  // namespace supervisor
