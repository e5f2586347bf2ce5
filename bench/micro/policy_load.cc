// How long does it take to load a policy of 1000 rules, from its text to what can be judged? Milliseconds; once per
// change.
#include <benchmark/benchmark.h>

#include "policy/yaml/load.h"

namespace {

constexpr int kRules = 1000;

std::string rule(int number, const std::string& rest) {
  return "  - name: rule-" + std::to_string(number) + "\n    effect: allow\n    conditions: { profiles: [ledger-" +
         std::to_string(number) + ", { glob: \"ledger-*\" }]" + rest;
}

void load(benchmark::State& state, const std::string& more) {
  std::string text = "version: \"1\"\nrules:\n";
  for (int i = 0; i < kRules; ++i) text += rule(i, more);
  for (auto _ : state) {
    const auto policy = broker::load_policy(text, "bench");
    if (!policy) return state.SkipWithError(policy.error().what.c_str());
    benchmark::DoNotOptimize(policy->rules.data());
  }
  state.counters["bytes"] = static_cast<double>(text.size());
}

void names_alone(benchmark::State& state) { load(state, ", users: [marta, okoro] }\n"); }
BENCHMARK(names_alone)->Unit(benchmark::kMillisecond);

// What most rules of a fleet have: a window in a zone, and a bound on what is issued.
void windows_and_bounds(benchmark::State& state) {
  load(state,
       ", time: { days: [friday], hours: { start: \"22:00\", end: \"24:00\" }, timezone: UTC } }\n"
       "    restrict: { source_ips: [203.0.113.0/24], hard_expiry: 2m }\n");
}
BENCHMARK(windows_and_bounds)->Unit(benchmark::kMillisecond);

}  // namespace
