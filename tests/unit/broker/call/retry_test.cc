#include "call/retry.h"

#include <gtest/gtest.h>

#include "text/plain_text.h"

namespace broker {
namespace {

using namespace std::chrono_literals;

TEST(Retry, NeverRepeatsADenial) {
  for (const char* code :
       {"AccessDenied", "AccessDeniedException", "InvalidClientTokenId", "UnrecognizedClientException", "ExpiredToken",
        "ExpiredTokenException", "ValidationError", "ParameterNotFound", "MalformedPolicyDocument",
        "RegionDisabledException", "SomethingNew", ""}) {
    EXPECT_EQ(next_try(AwsFailure{403, code, ""}), NextTry::kNone) << code;
    EXPECT_EQ(next_try(AwsFailure{400, code, ""}), NextTry::kNone) << code;
  }
}

TEST(Retry, DoesNotRepeatWhatTheNetworkWillNotMend) {
  for (const auto fault :
       {ipc::Fault::kConfig, ipc::Fault::kProtocol, ipc::Fault::kSystem, ipc::Fault::kRefused, ipc::Fault::kUsage}) {
    EXPECT_EQ(next_try(ipc::Error{fault, "", ""}), NextTry::kNone);
  }
}

TEST(Retry, RepeatsWhatMayPass) {
  for (const char* code : {"Throttling", "ThrottlingException", "RequestLimitExceeded", "SlowDown"}) {
    EXPECT_EQ(next_try(AwsFailure{400, code, ""}), NextTry::kAfterDelay) << code;
  }
  for (const long status : {429L, 500L, 502L, 503L, 504L})
    EXPECT_EQ(next_try(AwsFailure{status, "", ""}), NextTry::kAfterDelay);
  EXPECT_EQ(next_try(ipc::Error{ipc::Fault::kUnavailable, "", ""}), NextTry::kAfterDelay);
}

TEST(Retry, SuspectsTheClockOnlyWhenASignatureWasRefused) {
  for (const char* code : {"SignatureDoesNotMatch", "InvalidSignatureException", "RequestExpired"}) {
    EXPECT_EQ(next_try(AwsFailure{403, code, ""}), NextTry::kWithCorrectedClock) << code;
  }
}

TEST(Retry, DelaysDoubleUpToFiveSecondsAndNeverExceedIt) {
  for (int tries = 1; tries < 40; ++tries) {
    EXPECT_EQ(retry_delay(tries, {}, 0.0), 0ms);
    EXPECT_LE(retry_delay(tries, {}, 1.0), kMaxDelay);
    EXPECT_LE(retry_delay(tries, 3600s, 0.3), kMaxDelay);
  }
  EXPECT_EQ(retry_delay(1, {}, 1.0), 200ms);
  EXPECT_EQ(retry_delay(2, {}, 1.0), 400ms);
  EXPECT_EQ(retry_delay(2, {}, 0.5), 200ms);
  EXPECT_EQ(retry_delay(1, 2s, 0.0), 2s);
}

TEST(Retry, CorrectsTheClockOnlyByMoreThanFourMinutes) {
  const std::chrono::sys_seconds ours(1'000'000s);
  EXPECT_FALSE(clock_correction(std::nullopt, ours));
  EXPECT_FALSE(clock_correction(ours, ours));
  EXPECT_FALSE(clock_correction(ours + 240s, ours));
  EXPECT_FALSE(clock_correction(ours - 240s, ours));
  EXPECT_EQ(clock_correction(ours + 241s, ours), 241s);
  EXPECT_EQ(clock_correction(ours - 1h, ours), -3600s);
}

TEST(Retry, RandomJitterStaysInItsRange) {
  for (int i = 0; i < 1000; ++i) {
    const double jitter = random_jitter();
    EXPECT_GE(jitter, 0.0);
    EXPECT_LT(jitter, 1.0);
  }
}

// AWS puts the canonical request, with the session token in it, on the lines after the first.
TEST(Retry, AMessageFromAwsIsCutAtItsFirstLine) {
  EXPECT_EQ(printable("does not match\n\nThe Canonical String was x-amz-security-token:abc"), "does not match");
  EXPECT_EQ(printable("a\rb"), "a");
  EXPECT_EQ(printable("\x1b[31mé\t"), "?[31m???");
  EXPECT_EQ(printable(std::string(500, 'x')).size(), 303u);
}

}  // namespace
}  // namespace broker
