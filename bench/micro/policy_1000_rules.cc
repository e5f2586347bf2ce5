// How long does a question to a policy of 1000 rules take, when the last rule decides? Microseconds; once per fetch.
#include <benchmark/benchmark.h>

#include "policy_eval.h"
#include "time_window.h"

namespace {

constexpr int kRules = 1000;
const broker::PolicyQuery kQuery{"marta", "ledger-prod", broker::Mode::kServer,
                                 std::chrono::sys_seconds(std::chrono::seconds(1'800'000'000))};

broker::Rule rule(int number) {
  broker::Rule made;
  made.name = "rule-" + std::to_string(number);
  made.effect = broker::Effect::kAllow;
  made.conditions.profiles = {"other-a", "other-b", "ledger-prod"};
  made.conditions.users = {"otto", number == kRules - 1 ? "marta" : "else"};
  return made;
}

void ask(benchmark::State& state, const broker::Policy& policy) {
  if (!broker::evaluate(policy, kQuery).allowed) return state.SkipWithError("the last rule must decide");
  for (auto _ : state) benchmark::DoNotOptimize(broker::evaluate(policy, kQuery));
}

void names_alone(benchmark::State& state) {
  broker::Policy policy;
  for (int i = 0; i < kRules; ++i) policy.rules.push_back(rule(i));
  ask(state, policy);
}
BENCHMARK(names_alone)->Unit(benchmark::kMicrosecond);

// The worst case: every rule's names match, and its time window, in a zone, must be asked.
void with_time_windows(benchmark::State& state) {
  const auto zone = broker::find_zone("Europe/Berlin");
  if (!zone) return state.SkipWithError("no zone data here");
  broker::Policy policy;
  for (int i = 0; i < kRules; ++i) {
    broker::Rule made = rule(i);
    made.conditions.users.clear();
    made.conditions.time = broker::TimeWindow{};
    made.conditions.time->zone = *zone;
    if (i < kRules - 1) made.conditions.time->end_minute = 0;
    policy.rules.push_back(made);
  }
  ask(state, policy);
}
BENCHMARK(with_time_windows)->Unit(benchmark::kMicrosecond);

}  // namespace
