// Proves what it can of the questions that two rules answer: that one leaves nothing to the other, that both can hold
// at once, and that several together leave nothing to one.
//
// A rule's questions are a product of sets: names, accounts, groups, device, and (way, minute of the week) cells. A
// fact that is not known belongs to the set where the evaluator would let it pass: see policy/match.h.
// Runs in: sentinel-policy.   Blocks: never.
// Units: minutes of the week, from Sunday 00:00 by the clock of one zone; windows of different zones are compared only
// where one of them is always open.   Fails: "not proven" is false; a true is a proof.
#pragma once

#include <bitset>
#include <vector>

#include "policy/policy.h"
#include "study/name_sets.h"

namespace broker {

// How a request can come: server mode by one of two transports, and the modes that have none.
struct Way {
  Mode mode;
  std::optional<Via> via;
};
inline constexpr Way kWays[] = {{Mode::kServer, Via::kUnix},
                                {Mode::kServer, Via::kTcp},
                                {Mode::kCli, std::nullopt},
                                {Mode::kCredentialProcess, std::nullopt}};
using Ways = std::bitset<std::size(kWays)>;
using WeekMinutes = std::bitset<7 * TimeWindow::kDay>;

[[nodiscard]] Ways ways(const Conditions& conditions);
[[nodiscard]] WeekMinutes week_minutes(const TimeWindow& window);
[[nodiscard]] NameSet profile_names(const Rule& rule);
[[nodiscard]] NameSet user_names(const Rule& rule);

// Whatever `later` would decide, `earlier` has decided before.
[[nodiscard]] bool leaves_nothing_to(const Rule& earlier, const Rule& later);
// There is a question for which the conditions of both hold.
[[nodiscard]] bool can_meet(const Rule& one, const Rule& other);

// The rules among the first `index` that together leave nothing to rule `index`; empty when that is not proven.
[[nodiscard]] std::vector<std::size_t> covered_by(const Policy& policy, std::size_t index);

}  // namespace broker
