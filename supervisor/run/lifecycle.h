// The lifecycle table of lifecycle.def as a pure function: (state, event) -> (action, next state). No system calls.
//
// Runs in: supervisor.   Blocks: never.   Fails: never; a table with a missing or doubled cell does not compile.
#pragma once

#include <string_view>

namespace supervisor {

enum class State { Starting, Running, Bereft, Stopping, Killing, Closing, Done };
enum class Event {
  HelpersReady,
  StartFailed,
  CommandExit,
  FrontendExit,
  FrontendHopeless,
  BrokerExit,
  BrokerExitKeep,
  Tampered,
  TermSignal,
  FaceGone,
  GraceOver,
  TreeEmpty,
  HelpersGone
};
inline constexpr int kStates = static_cast<int>(State::Done) + 1;
inline constexpr int kEvents = static_cast<int>(Event::HelpersGone) + 1;

enum class Action {
  Ignore,
  StartCommand,     // let the waiting process become the command
  RestartFrontend,  // a new one gets the listener
  HoldListener,     // end the frontend; accept and drop connections, so that clients fail at once
  ForwardSignal,    // to the command
  StopTree,         // SIGTERM to all that is left of the command's tree; grace begins
  KillTree,         // SIGKILL to it, again and again until it is empty; a last grace begins
  GiveUpTree,       // name what could not be killed, then as CloseHelpers
  CloseHelpers,     // end of file on the control channels; grace begins
  KillHelpers,
  Finish,
};

struct Cell {
  State state;
  Event event;
  Action action;
  State next;
  std::string_view why;
};

#define CELL(state, event, action, next, why) Cell{State::state, Event::event, Action::action, State::next, why},
inline constexpr Cell kLifecycle[] = {
#include "run/lifecycle.def"
};
#undef CELL

constexpr int cells_for(State state, Event event) {
  int cells = 0;
  for (const Cell& cell : kLifecycle) cells += cell.state == state && cell.event == event;
  return cells;
}
constexpr bool every_cell_once_and_reasoned() {
  for (int s = 0; s < kStates; ++s) {
    for (int e = 0; e < kEvents; ++e) {
      if (cells_for(static_cast<State>(s), static_cast<Event>(e)) != 1) return false;
    }
  }
  for (const Cell& cell : kLifecycle) {
    if (cell.why.empty()) return false;
  }
  return true;
}
static_assert(every_cell_once_and_reasoned());

const Cell& step(State state, Event event);

}  // namespace supervisor
