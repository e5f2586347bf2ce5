#include "call/aws_call.h"

#include <gtest/gtest.h>

#include "aws_fakes.h"
#include "keys/renewed_keys.h"
#include "services/queries.h"
#include "services/sts.h"

namespace broker {
namespace {

using namespace std::chrono_literals;
using testing::endpoint;
using testing::FakeAws;
using testing::header_of;
using testing::refused;

constexpr char kIdentity[] =
    "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/marta</Arn><UserId>AIDA</"
    "UserId>"
    "<Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";

class AwsCallTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(ipc::SecretArena::open());
    aws_.use(testing::long_term_key());
  }
  void ask() {
    call_ = ask_identity(aws_.context, endpoint(), [this](ipc::Result<Principal> who) {
      ++answers_;
      who_ = std::move(who);
    });
  }
  FakeAws aws_;
  std::unique_ptr<AwsCall> call_;
  ipc::Result<Principal> who_;
  int answers_ = 0;
};

TEST_F(AwsCallTest, ADenialEndsItAtOnce) {
  ask();
  aws_.http.answer(403, refused("AccessDenied", "no way"));
  ASSERT_EQ(answers_, 1);
  EXPECT_EQ(who_.error().fault, ipc::Fault::kRefused);
  EXPECT_EQ(who_.error().what, "GetCallerIdentity at sts.example.com failed: AccessDenied: no way");
  EXPECT_FALSE(aws_.timers.armed());
  EXPECT_EQ(aws_.http.requests.size(), 1u);
}

// Whoever made it may keep it for as long as the run lasts; the request has the session token in a header.
TEST_F(AwsCallTest, ACallThatIsOverHoldsNeitherItsRequestNorItsKey) {
  for (const long status : {200L, 403L}) {
    auto key = std::make_shared<const BaseKey>(
        BaseKey{"ASIAOWN", ipc::SecretBuffer::copy_of("s"), ipc::SecretBuffer::copy_of("t")});
    const std::weak_ptr<const BaseKey> seen = key;
    const AwsCall call(aws_.context, get_caller_identity(endpoint()), std::move(key), read_sts_failure,
                       [](const std::expected<HttpAnswer, AwsCallError>&) {});
    EXPECT_EQ(header_of(aws_.http.last(), "X-Amz-Security-Token"), "t");
    EXPECT_FALSE(seen.expired());
    aws_.http.answer(status, status == 200 ? kIdentity : refused("AccessDenied"));
    EXPECT_TRUE(aws_.http.requests.back()->cancelled) << "the exchange is gone";
    EXPECT_TRUE(seen.expired());
  }
}

TEST_F(AwsCallTest, WhatWasSentIsNotKeptUntilTheNextTry) {
  ask();
  aws_.http.answer(400, refused("Throttling", "Rate exceeded"));
  EXPECT_TRUE(aws_.http.requests.back()->cancelled);
  EXPECT_EQ(answers_, 0);
}

TEST_F(AwsCallTest, AnUnknownKeyIsAnErrorWithANextStep) {
  ask();
  aws_.http.answer(403, refused("InvalidClientTokenId"));
  EXPECT_NE(who_.error().next_step.find("aws_access_key_id"), std::string::npos);
}

TEST_F(AwsCallTest, ThrottlingIsRepeatedFourTimesAndThenReported) {
  ask();
  for (int i = 0; i < kMaxTries; ++i) {
    EXPECT_EQ(answers_, 0);
    aws_.http.answer(400, refused("Throttling", "Rate exceeded"));
    aws_.timers.pass(10s);
  }
  EXPECT_EQ(answers_, 1);
  EXPECT_EQ(who_.error().fault, ipc::Fault::kUnavailable);
  EXPECT_EQ(aws_.http.requests.size(), static_cast<std::size_t>(kMaxTries));
}

TEST_F(AwsCallTest, NoTryStartsAfterTheBudgetOfAllTries) {
  ask();
  aws_.timers.pass(AwsCall::kCallBudget);
  aws_.http.fail(ipc::Fault::kUnavailable);
  EXPECT_EQ(answers_, 1);
  EXPECT_EQ(aws_.http.requests.size(), 1u);
}

TEST_F(AwsCallTest, ABrokenNetworkThatMendsIsNoError) {
  ask();
  aws_.http.fail(ipc::Fault::kUnavailable);
  aws_.timers.pass(1s);
  aws_.http.answer(503, "<html>");
  aws_.timers.pass(1s);
  aws_.http.answer(200, kIdentity);
  ASSERT_TRUE(who_);
  EXPECT_EQ(who_->user, "marta");
  EXPECT_EQ(answers_, 1);
}

TEST_F(AwsCallTest, AnUntrustedCertificateIsNotTriedAgain) {
  ask();
  aws_.http.fail(ipc::Fault::kConfig);
  EXPECT_EQ(answers_, 1);
  EXPECT_FALSE(who_);
}

TEST_F(AwsCallTest, AServersWishToWaitIsHonoured) {
  ask();
  HttpAnswer busy;
  busy.status = 503;
  busy.retry_after = 3s;
  aws_.http.answer(std::move(busy));
  EXPECT_EQ(aws_.timers.wait(), Clock::SinceBoot(3s));
}

TEST_F(AwsCallTest, AWrongClockIsCorrectedOnceAndRemembered) {
  ask();
  EXPECT_EQ(header_of(aws_.http.last(), "X-Amz-Date"), "20260127T100000Z");
  const auto aws_time = aws_.context.aws_now() + 1h;
  aws_.http.answer(403, refused("SignatureDoesNotMatch"), aws_time);
  EXPECT_EQ(header_of(aws_.http.last(), "X-Amz-Date"), "20260127T110000Z");
  aws_.http.answer(200, kIdentity);
  EXPECT_TRUE(who_);
  ask();
  EXPECT_EQ(header_of(aws_.http.last(), "X-Amz-Date"), "20260127T110000Z");
}

TEST_F(AwsCallTest, AWrongSecretIsNotMistakenForAWrongClock) {
  ask();
  aws_.http.answer(403, refused("SignatureDoesNotMatch"), aws_.context.aws_now() + 60s);
  EXPECT_EQ(answers_, 1);
  ask();
  aws_.http.answer(403, refused("SignatureDoesNotMatch"));  // no Date at all
  EXPECT_EQ(answers_, 2);
  EXPECT_EQ(aws_.context.clock_offset, 0s);
}

TEST_F(AwsCallTest, AClockThatIsAMinuteOffIsLearnedFromAGoodAnswer) {
  ask();
  aws_.http.answer(200, kIdentity, aws_.context.aws_now() + 9s);
  EXPECT_EQ(aws_.context.clock_offset, 0s) << "an answer's way through the network is not a wrong clock";
  ask();
  aws_.http.answer(200, kIdentity, aws_.context.aws_now() - 70s);
  EXPECT_EQ(aws_.context.clock_offset, -70s);
  ask();
  aws_.http.answer(200, kIdentity, aws_.context.aws_now());
  EXPECT_EQ(aws_.context.clock_offset, -70s);
}

TEST_F(AwsCallTest, ASecondClockCorrectionInOneCallIsRefused) {
  ask();
  aws_.http.answer(403, refused("SignatureDoesNotMatch"), aws_.context.aws_now() + 1h);
  aws_.http.answer(403, refused("SignatureDoesNotMatch"), aws_.context.aws_now() + 1h);
  EXPECT_EQ(answers_, 1);
  EXPECT_EQ(aws_.http.requests.size(), 2u);
}

TEST_F(AwsCallTest, AKeyThatCannotSignFailsLaterAndSendsNothing) {
  aws_.use({"AKID\r\nX: y", ipc::SecretBuffer::copy_of("a secret"), {}});
  ask();
  EXPECT_EQ(answers_, 0);
  aws_.timers.pass(0s);
  EXPECT_EQ(answers_, 1);
  EXPECT_TRUE(aws_.http.requests.empty());
}

TEST_F(AwsCallTest, ADestroyedCallNeverCallsBack) {
  ask();
  call_.reset();
  EXPECT_EQ(aws_.http.waiting(), 0u);
  ask();
  aws_.http.fail(ipc::Fault::kUnavailable);
  call_.reset();
  EXPECT_FALSE(aws_.timers.armed());
  EXPECT_EQ(answers_, 0);
}

TEST_F(AwsCallTest, TheCallbackMayDestroyTheCall) {
  call_ = ask_identity(aws_.context, endpoint(), [this](ipc::Result<Principal>) {
    ++answers_;
    call_.reset();
  });
  aws_.http.answer(200, kIdentity);
  EXPECT_EQ(answers_, 1);
}

TEST_F(AwsCallTest, NoErrorShowsTheSecretOrTheCanonicalRequest) {
  ask();
  aws_.http.answer(403, refused("SignatureDoesNotMatch",
                                "does not match.\n\nThe Canonical String was\nx-amz-security-token:hidden"));
  EXPECT_EQ(who_.error().what.find("hidden"), std::string::npos);
  EXPECT_EQ(who_.error().what.find("base-secret"), std::string::npos);
}

// ---- keys of a source ----------------------------------------------------------------------------------------------

// Each fetch gives the next key.
class AwsCallKeysTest : public AwsCallTest {
 protected:
  class Fetch final : public KeyFetch {
   public:
    Fetch(FakeAws& aws, OnKeys done, ipc::Result<IssuedCredentials> outcome)
        : KeyFetch(std::move(done)), outcome_(std::move(outcome)) {
      later_ = aws.timers.after(0ms, [this] { finish(std::move(outcome_)); });
    }

   private:
    ipc::Result<IssuedCredentials> outcome_;
    std::unique_ptr<Timer> later_;
  };
  ipc::Result<IssuedCredentials> next_keys() {
    if (source_fails_) return ipc::fail(ipc::Fault::kRefused, "the source is dry", "fill it");
    return IssuedCredentials{
        {"ASIAFETCH" + std::to_string(++fetched_), ipc::SecretBuffer::copy_of("s"), ipc::SecretBuffer::copy_of("t")},
        aws_.context.aws_now() + 1h,
        {},
        {}};
  }
  void SetUp() override {
    AwsCallTest::SetUp();
    aws_.context.keys = &keys_;
  }
  void ask_when_keys_are_there() {
    ask();
    aws_.timers.pass(0s);
  }
  std::string key_of_last() {
    const std::string signature = header_of(aws_.http.last(), "Authorization");
    const std::size_t start = signature.find("Credential=") + 11;
    return signature.substr(start, signature.find('/', start) - start);
  }
  int fetched_ = 0;
  bool source_fails_ = false;
  RenewedKeys keys_{aws_.context, [this](OnKeys done) -> std::unique_ptr<KeyFetch> {
                      return std::make_unique<Fetch>(aws_, std::move(done), next_keys());
                    }};
};

TEST_F(AwsCallKeysTest, AFixedKeyThatHasExpiredIsNotTriedAgain) {
  aws_.use(testing::long_term_key());
  ask();
  aws_.http.answer(403, refused("ExpiredToken"));
  EXPECT_EQ(answers_, 1);
  EXPECT_EQ(aws_.http.requests.size(), 1u);
}

TEST_F(AwsCallKeysTest, AKeyThatAwsDoesNotTakeIsFetchedAnewOnceAndNoMore) {
  for (const std::string code :
       {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"}) {
    const int before = fetched_, answers = answers_;
    ask_when_keys_are_there();
    const std::string first = key_of_last();
    aws_.http.answer(403, refused(code));
    EXPECT_EQ(answers_, answers);
    aws_.timers.pass(0s);
    EXPECT_NE(key_of_last(), first);
    aws_.http.answer(403, refused(code));
    aws_.timers.pass(10s);
    EXPECT_EQ(answers_, answers + 1);
    EXPECT_NE(who_.error().what.find(code), std::string::npos);
    EXPECT_EQ(fetched_ - before, before == 0 ? 2 : 1) << code;
  }
}

TEST_F(AwsCallKeysTest, AnotherDenialFetchesNothing) {
  ask_when_keys_are_there();
  aws_.http.answer(403, refused("AccessDenied"));
  EXPECT_EQ(answers_, 1);
  EXPECT_EQ(fetched_, 1);
}

TEST_F(AwsCallKeysTest, ASourceThatGivesNoNewKeySaysWhy) {
  ask_when_keys_are_there();
  source_fails_ = true;
  aws_.http.answer(403, refused("ExpiredToken"));
  aws_.timers.pass(0s);
  ASSERT_EQ(answers_, 1);
  EXPECT_EQ(who_.error().what, "the source is dry");
}

TEST_F(AwsCallKeysTest, TheNewKeyAnswersAndTwoCallsRefusedAtOnceFetchItOnce) {
  ask_when_keys_are_there();
  const auto first = std::move(call_);
  ask();
  aws_.http.answer(403, refused("ExpiredToken"));
  aws_.timers.pass(0s);
  aws_.http.answer(403, refused("ExpiredToken"));  // the second call's, signed with the same old key
  aws_.timers.pass(0s);
  EXPECT_EQ(fetched_, 2);
  aws_.http.answer(200, kIdentity);
  aws_.http.answer(200, kIdentity);
  EXPECT_EQ(answers_, 2);
  EXPECT_TRUE(who_);
}

TEST_F(AwsCallKeysTest, AKeyOfTheCallersOwnIsNotTheSourcesToReplace) {
  const auto own = std::make_shared<const BaseKey>(
      BaseKey{"ASIAOWN", ipc::SecretBuffer::copy_of("s"), ipc::SecretBuffer::copy_of("t")});
  int answers = 0;
  const AwsCall call(aws_.context, get_caller_identity(endpoint()), own, read_sts_failure,
                     [&](std::expected<HttpAnswer, AwsCallError>) { ++answers; });
  aws_.http.answer(403, refused("ExpiredToken"));
  EXPECT_EQ(answers, 1);
  EXPECT_EQ(fetched_, 0);
}

}  // namespace
}  // namespace broker
