// How long does it take to sign one AssumeRole request? Microseconds; once per refresh, never per fetch.
#include <benchmark/benchmark.h>

#include <array>

#include "aws/sigv4.h"
#include "ipc/secret.h"

namespace {

void sign_assume_role(benchmark::State& state) {
  if (!ipc::SecretArena::open()) return state.SkipWithError("pages cannot be locked here");
  const std::array headers = {broker::HttpHeader{"Host", "sts.eu-central-1.amazonaws.com"},
                              broker::HttpHeader{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
  const std::string body =
      "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fledger-prod"
      "&RoleSessionName=marta&DurationSeconds=900&SourceIdentity=sentinel.marta.direct.0123456789abcdef";
  const std::string secret(40, 's'), token(700, 't');
  const broker::SigningInput input{"POST", "/", "", headers, body};
  const broker::SigningKey key{"ASIABENCHMARK0000000", secret, token};
  const broker::SigningScope scope{"eu-central-1", "sts",
                                   std::chrono::sys_seconds(std::chrono::seconds(1'800'000'000))};
  for (auto _ : state) benchmark::DoNotOptimize(broker::sign_v4(input, key, scope));
}
BENCHMARK(sign_assume_role)->Unit(benchmark::kMicrosecond);

}  // namespace
