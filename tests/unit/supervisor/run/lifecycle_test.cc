#include "run/lifecycle.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <vector>

namespace supervisor {
namespace {

const std::vector<State> kAllStates{State::Starting, State::Running, State::Bereft, State::Stopping,
                                    State::Killing,  State::Closing, State::Done};

std::vector<Event> all_events() {
  std::vector<Event> events;
  for (int e = 0; e < kEvents; ++e) events.push_back(static_cast<Event>(e));
  return events;
}

// What each state may do at all; anything not listed is Ignore in the same state. Written here a second time, by hand.
struct Expected {
  Action action;
  State next;
};
const std::map<State, std::map<Event, Expected>> kExpected{
    {State::Starting,
     {{Event::HelpersReady, {Action::StartCommand, State::Running}},
      {Event::StartFailed, {Action::StopTree, State::Stopping}},
      {Event::CommandExit, {Action::StopTree, State::Stopping}},
      {Event::FrontendExit, {Action::StopTree, State::Stopping}},
      {Event::FrontendHopeless, {Action::StopTree, State::Stopping}},
      {Event::BrokerExit, {Action::StopTree, State::Stopping}},
      {Event::BrokerExitKeep, {Action::StopTree, State::Stopping}},
      {Event::Tampered, {Action::StopTree, State::Stopping}},
      {Event::TermSignal, {Action::StopTree, State::Stopping}},
      {Event::FaceGone, {Action::StopTree, State::Stopping}},
      {Event::TreeEmpty, {Action::StopTree, State::Stopping}},
      {Event::HelpersGone, {Action::StopTree, State::Stopping}}}},
    {State::Running,
     {{Event::CommandExit, {Action::StopTree, State::Stopping}},
      {Event::FrontendExit, {Action::RestartFrontend, State::Running}},
      {Event::FrontendHopeless, {Action::StopTree, State::Stopping}},
      {Event::BrokerExit, {Action::StopTree, State::Stopping}},
      {Event::BrokerExitKeep, {Action::HoldListener, State::Bereft}},
      {Event::Tampered, {Action::StopTree, State::Stopping}},
      {Event::TermSignal, {Action::ForwardSignal, State::Running}},
      {Event::FaceGone, {Action::StopTree, State::Stopping}}}},
    {State::Bereft,
     {{Event::CommandExit, {Action::StopTree, State::Stopping}},
      {Event::Tampered, {Action::StopTree, State::Stopping}},
      {Event::TermSignal, {Action::ForwardSignal, State::Bereft}},
      {Event::FaceGone, {Action::StopTree, State::Stopping}}}},
    {State::Stopping,
     {{Event::TermSignal, {Action::KillTree, State::Killing}},
      {Event::GraceOver, {Action::KillTree, State::Killing}},
      {Event::TreeEmpty, {Action::CloseHelpers, State::Closing}}}},
    {State::Killing,
     {{Event::GraceOver, {Action::GiveUpTree, State::Closing}},
      {Event::TreeEmpty, {Action::CloseHelpers, State::Closing}}}},
    {State::Closing,
     {{Event::TermSignal, {Action::KillHelpers, State::Closing}},
      {Event::GraceOver, {Action::KillHelpers, State::Closing}},
      {Event::HelpersGone, {Action::Finish, State::Done}}}},
    {State::Done, {}},
};

TEST(Lifecycle, EveryCellIsWhatItShouldBe) {
  for (const State state : kAllStates) {
    for (const Event event : all_events()) {
      const auto& row = kExpected.at(state);
      const auto expected = row.find(event);
      const Cell& cell = step(state, event);
      SCOPED_TRACE("state " + std::to_string(static_cast<int>(state)) + ", event " +
                   std::to_string(static_cast<int>(event)));
      EXPECT_EQ(cell.action, expected == row.end() ? Action::Ignore : expected->second.action);
      EXPECT_EQ(cell.next, expected == row.end() ? state : expected->second.next);
    }
  }
}

TEST(Lifecycle, NoStateIsATrap) {
  std::set<State> reaches_done{State::Done};
  for (int round = 0; round < kStates; ++round) {
    for (const Cell& cell : kLifecycle) {
      if (reaches_done.contains(cell.next)) reaches_done.insert(cell.state);
    }
  }
  EXPECT_EQ(reaches_done.size(), kAllStates.size());
}

TEST(Lifecycle, OnlyAReadyPairOfHelpersStartsTheCommand) {
  for (const Cell& cell : kLifecycle) {
    if (cell.action == Action::StartCommand) {
      EXPECT_EQ(cell.state, State::Starting);
      EXPECT_EQ(cell.event, Event::HelpersReady);
    }
  }
}

TEST(Lifecycle, HelpersEndOnlyAfterTheTreeIsGone) {
  for (const Cell& cell : kLifecycle) {
    if (cell.action == Action::CloseHelpers) {
      EXPECT_EQ(cell.event, Event::TreeEmpty);
    }
  }
}

TEST(Lifecycle, NothingIsStartedOnceTheEndHasBegun) {
  for (const Cell& cell : kLifecycle) {
    if (cell.state >= State::Stopping) {
      EXPECT_NE(cell.action, Action::StartCommand);
      EXPECT_NE(cell.action, Action::RestartFrontend);
      EXPECT_GE(cell.next, cell.state);
    }
  }
}

}  // namespace
}  // namespace supervisor
