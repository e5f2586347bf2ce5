// Fetches credentials as an SDK does: connect, one GET, the whole answer, close; and times each fetch.
//
// One client is a plain blocking loop, as one SDK is. More are one process with epoll, so that the generator takes one
// core and the servers the other.
// Runs in: bench_load.   Blocks: until the plan is done, at most Plan::limit and then Plan::patience.
// Fails: only where nothing could be measured; a failed fetch is counted, and the first is told.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "address.h"

namespace bench {

enum class Reuse {
  kNewConnection,  // as SDKs do: each fetch connects and closes, without asking the server to close
  kAskToClose,     // the same with `Connection: close`
  kKeepAlive,      // one connection per client
};

struct Plan {
  Address address;
  std::string path = "/creds";
  std::string token;
  int clients = 1;
  std::uint64_t count = 5000;                // fetches, successful or not
  std::chrono::milliseconds limit{10'000};   // stops earlier than `count` when reached
  std::chrono::milliseconds patience{5000};  // for one send or receive
  Reuse reuse = Reuse::kNewConnection;
};

struct Outcome {
  std::vector<std::uint32_t> fetch_ns;  // of successful fetches, in the order of their ends
  std::uint64_t failures = 0;
  std::string first_failure;
  double seconds = 0;
};

ipc::Result<Outcome> run_load(const Plan& plan);

// The value that `share` (0 to 1) of the fetches stayed under, in microseconds; sorts.
double percentile_us(Outcome& outcome, double share);

}  // namespace bench
