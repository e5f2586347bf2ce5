// What do wiped, unswappable bytes cost beside ordinary ones? Nanoseconds per copy of a session token of 700 bytes.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>

#include "ipc/secret.h"

namespace {

const std::string kToken(700, 't');

void secret_copy_and_wipe(benchmark::State& state) {
  static const bool open = ipc::SecretArena::open().has_value();
  if (!open) return state.SkipWithError("pages cannot be locked here");
  for (auto _ : state) benchmark::DoNotOptimize(ipc::SecretBuffer::copy_of(kToken));
}
BENCHMARK(secret_copy_and_wipe);

void secret_compare(benchmark::State& state) {
  const ipc::SecretBuffer secret = ipc::SecretBuffer::copy_of(std::string(43, 't'));
  const std::string guess(43, 't');
  for (auto _ : state) benchmark::DoNotOptimize(secret.equals(guess));
}
BENCHMARK(secret_compare);

void string_copy(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(std::string(kToken));
}
BENCHMARK(string_copy);

}  // namespace
