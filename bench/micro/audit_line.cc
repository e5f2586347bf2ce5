// How long does it take to record one decision: make its line, chain it, sign it, write it to a file? Microseconds;
// once per fetch. In memory (memfd), so that no disk is measured.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "audit/log.h"

namespace {

broker::DecisionLine issued() {
  broker::DecisionLine line;
  line.time = std::chrono::sys_seconds(std::chrono::seconds(1'800'000'000));
  line.user = "marta";
  line.profile = "ledger-prod";
  line.effect = "allow";
  line.rule = "ledger-production";
  line.rule_index = 3;
  line.reason = "marta runs the ledger";
  line.policy_path = "/sentinel/policies/default";
  line.request_id = "0123abcd";
  line.source_identity = "sentinel.marta.direct.0123abcd";
  line.role_arn = "arn:aws:iam::111122223333:role/ledger-prod";
  line.duration = std::chrono::seconds(900);
  line.outcome = "issued";
  line.mode = "server";
  line.transport = "unix";
  line.peer_pid = 4711;
  line.peer_uid = 1000;
  line.peer_executable = "/usr/bin/python3.11";
  line.policy_hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
  return line;
}

void record(benchmark::State& state, const char* key_text) {
  if (!ipc::SecretArena::open()) return state.SkipWithError("pages cannot be locked here");
  std::optional<broker::LogKey> key;
  if (*key_text) {
    auto read = broker::LogKey::from_text(key_text, "bench", broker::LogKey::Purpose::kSign);
    if (!read) return state.SkipWithError(read.error().what.c_str());
    key = std::move(*read);
  }
  const broker::SystemClock clock;
  broker::AuditLog log(clock, std::move(key));
  if (!log.add_sink(ipc::UniqueFd(::memfd_create("log", MFD_CLOEXEC)), "log", false))
    return state.SkipWithError("no sink");
  const broker::DecisionLine line = issued();
  for (auto _ : state) {
    if (!log.record(line)) return state.SkipWithError("not recorded");
  }
}

void unsigned_line(benchmark::State& state) { record(state, ""); }
void hmac_line(benchmark::State& state) {
  record(state, "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
}
// RFC 8032, 7.1, TEST 1.
void ed25519_line(benchmark::State& state) {
  record(state,
         "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
         "-----END PRIVATE KEY-----\n");
}
BENCHMARK(unsigned_line)->Unit(benchmark::kMicrosecond);
BENCHMARK(hmac_line)->Unit(benchmark::kMicrosecond);
BENCHMARK(ed25519_line)->Unit(benchmark::kMicrosecond);

}  // namespace
