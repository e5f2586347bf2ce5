#include "call/retry.h"

#include <openssl/rand.h>

#include <algorithm>
#include <cstdint>

namespace broker {
namespace {

constexpr std::string_view kPassing[] = {"Throttling",
                                         "ThrottlingException",
                                         "ThrottledException",
                                         "RequestThrottled",
                                         "RequestThrottledException",
                                         "TooManyRequestsException",
                                         "RequestLimitExceeded",
                                         "SlowDown",
                                         "PriorRequestNotComplete",
                                         "RequestTimeout",
                                         "RequestTimeoutException",
                                         "InternalError",
                                         "InternalFailure",
                                         "InternalServerError",
                                         "InternalServiceError",
                                         "ServiceUnavailable",
                                         "ServiceUnavailableException",
                                         "IDPCommunicationError",
                                         "ProvisionedThroughputExceededException",
                                         "TransactionConflictException",
                                         "ReplicatedWriteConflictException"};
constexpr std::string_view kClock[] = {"SignatureDoesNotMatch", "InvalidSignatureException", "InvalidSignature",
                                       "RequestExpired",        "RequestTimeTooSkewed",      "RequestInTheFuture"};

template <std::size_t N>
bool one_of(const std::string_view (&names)[N], std::string_view name) {
  return std::ranges::find(names, name) != std::end(names);
}

}  // namespace

NextTry next_try(const AwsFailure& failure) {
  if (failure.next) return *failure.next;
  if (one_of(kClock, failure.code)) return NextTry::kWithCorrectedClock;
  if (one_of(kPassing, failure.code)) return NextTry::kAfterDelay;
  if (failure.status == 429 || failure.status >= 500) return NextTry::kAfterDelay;
  return NextTry::kNone;
}

NextTry next_try(const ipc::Error& failure) {
  return failure.fault == ipc::Fault::kUnavailable ? NextTry::kAfterDelay : NextTry::kNone;
}

double random_jitter() {
  std::uint32_t bits = 0;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&bits), sizeof bits) != 1) return 0.5;  // only spreads load
  return static_cast<double>(bits) / 4294967296.0;
}

std::chrono::milliseconds retry_delay(int tries_made, std::optional<std::chrono::seconds> asked, double jitter) {
  const int doublings = std::clamp(tries_made - 1, 0, 16);
  const std::chrono::milliseconds ceiling = std::min(kMaxDelay, kFirstDelay * (1 << doublings));
  const auto drawn = std::chrono::milliseconds(
      static_cast<std::chrono::milliseconds::rep>(static_cast<double>(ceiling.count()) * std::clamp(jitter, 0.0, 1.0)));
  const std::chrono::milliseconds wanted = asked ? std::chrono::milliseconds(*asked) : std::chrono::milliseconds(0);
  return std::max(drawn, std::min(wanted, kMaxDelay));
}

std::optional<std::chrono::seconds> clock_correction(std::optional<std::chrono::sys_seconds> server,
                                                     std::chrono::sys_seconds ours) {
  if (!server) return std::nullopt;
  const std::chrono::seconds off = *server - ours;
  if (std::chrono::abs(off) <= std::chrono::minutes(4)) return std::nullopt;
  return off;
}

}  // namespace broker
