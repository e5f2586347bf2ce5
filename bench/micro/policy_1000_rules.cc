// How long does a question to a policy of 1000 rules take? Microseconds; once per fetch. When the last rule decides,
// and when none does: then every rule was looked at as far as can be.
#include <benchmark/benchmark.h>

#include "policy/evaluate.h"
#include "policy/time_window.h"

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

void ask(benchmark::State& state, const broker::Policy& policy, bool allowed) {
  if (broker::evaluate(policy, kQuery).allowed != allowed) return state.SkipWithError("another answer is expected");
  for (auto _ : state) benchmark::DoNotOptimize(broker::evaluate(policy, kQuery));
}

void names_alone(benchmark::State& state) {
  broker::Policy policy;
  for (int i = 0; i < kRules; ++i) policy.rules.push_back(rule(i));
  ask(state, policy, true);
}
BENCHMARK(names_alone)->Unit(benchmark::kMicrosecond);

// Every rule's names match, so that its time window must be asked, in one of eight zones; none is open.
void nothing_matches_but_for_the_hour(benchmark::State& state) {
  broker::Policy policy;
  constexpr const char* kZones[] = {"Europe/Berlin", "America/New_York", "Asia/Kolkata",      "UTC",
                                    "Asia/Tokyo",    "Europe/Dublin",    "America/Sao_Paulo", "Australia/Lord_Howe"};
  for (int i = 0; i < kRules; ++i) {
    const auto zone = broker::find_zone(kZones[i % std::size(kZones)]);
    if (!zone) return state.SkipWithError("no zone data here");
    broker::Rule made = rule(i);
    made.conditions.users.clear();
    made.conditions.time = broker::TimeWindow{};
    made.conditions.time->zone = *zone;
    made.conditions.time->end_minute = 0;
    policy.rules.push_back(made);
  }
  ask(state, policy, false);
}
BENCHMARK(nothing_matches_but_for_the_hour)->Unit(benchmark::kMicrosecond);

// Globs that fail late, and a device that lacks one thing.
void globs_and_devices(benchmark::State& state) {
  broker::Policy policy;
  for (int i = 0; i < kRules; ++i) {
    broker::Rule made = rule(i);
    made.conditions.profiles = {{"ledger-*-eu", true}, {"*-prod", true}};
    made.conditions.users.clear();
    made.conditions.device.encryption = true;
    policy.rules.push_back(made);
  }
  ask(state, policy, false);
}
BENCHMARK(globs_and_devices)->Unit(benchmark::kMicrosecond);

}  // namespace
