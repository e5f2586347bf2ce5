// What is not signed for this name, with this key, as this text and no older version, is never used.
#include "policy/source/verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "aws_fakes.h"
#include "signed_policies.h"
#include "text/base64.h"
#include "text/json_value.h"

namespace broker {
namespace {

using testing::believed_key;
using ::testing::HasSubstr;
using testing::sign;

const std::string kName = "/sentinel/policies/prod";
const std::string kText = "version: \"1\"\n";

class PolicyVerifierTest : public ::testing::Test {
 protected:
  std::string verify(const std::optional<std::string>& envelope, const std::string& text = kText,
                     const std::string& name = kName) {
    std::string said = "nothing yet";
    verifier_->verify("the policy " + name, name, text, envelope, [&](const ipc::Result<std::uint64_t>& version) {
      said = version ? "version " + std::to_string(*version) : version.error().what;
      fault_ = version ? std::nullopt : std::optional(version.error().fault);
    });
    if (aws_.http.waiting() > 0) kms_answers();
    return said;
  }

  virtual void kms_answers() { FAIL() << "KMS is asked without need"; }

  std::optional<ipc::Fault> fault_;
  testing::FakeAws aws_;
  std::unique_ptr<PolicyVerifier> verifier_ = with(believed_key());
  std::unique_ptr<PolicyVerifier> with(PolicyKey key, ipc::Result<AwsEndpoint> kms = testing::endpoint()) {
    return std::make_unique<PolicyVerifier>(aws_.context, std::move(kms), std::move(key), PolicyVersions());
  }
};

TEST_F(PolicyVerifierTest, AnUnsignedPolicyIsRefused) {
  EXPECT_THAT(verify(std::nullopt), HasSubstr("is not signed, and a signature is demanded"));
  EXPECT_EQ(fault_, ipc::Fault::kRefused);
}

TEST_F(PolicyVerifierTest, AnEmptyOrMalformedEnvelopeIsRefused) {
  for (const char* envelope : {"", "{}", "signature", "\n"}) {
    EXPECT_THAT(verify(envelope), HasSubstr("the signature of the policy ")) << envelope;
    EXPECT_EQ(fault_, ipc::Fault::kConfig);
  }
}

TEST_F(PolicyVerifierTest, AnAlteredTextIsRefusedAndMayBeATornPair) {
  EXPECT_THAT(verify(sign(kName, 1, kText), kText + "#"), HasSubstr("do not belong together"));
  EXPECT_EQ(fault_, ipc::Fault::kUnavailable);
  EXPECT_TRUE(is_torn(kText + "#", sign(kName, 1, kText)));
  EXPECT_FALSE(is_torn(kText, sign(kName, 1, kText)));
  EXPECT_FALSE(is_torn(kText, "nonsense"));
}

TEST_F(PolicyVerifierTest, AnAlteredTextWithItsOwnHashIsRefused) {
  const std::string altered = kText + "#";
  SignatureEnvelope envelope = *parse_envelope(sign(kName, 1, kText), "");
  envelope.policy.hash = sha256_hex(altered);
  EXPECT_THAT(verify(format_envelope(envelope), altered), HasSubstr("was not signed with the key fleet.pub"));
  EXPECT_EQ(fault_, ipc::Fault::kRefused);
}

TEST_F(PolicyVerifierTest, AnotherKeysSignatureIsRefused) {
  EXPECT_THAT(verify(sign(kName, 1, kText, testing::make_rsa_pair(2048))), HasSubstr("was not signed with the key"));
}

TEST_F(PolicyVerifierTest, ASignedDevPairInProdIsRefused) {
  EXPECT_THAT(verify(sign("/sentinel/policies/dev", 1, kText)),
              HasSubstr("carries the signature of another policy, '/sentinel/policies/dev'"));
}

TEST_F(PolicyVerifierTest, ADevSignatureThatSaysProdIsRefused) {
  SignatureEnvelope envelope = *parse_envelope(sign("/sentinel/policies/dev", 1, kText), "");
  envelope.policy.name = kName;
  EXPECT_THAT(verify(format_envelope(envelope)), HasSubstr("was not signed with the key"));
}

TEST_F(PolicyVerifierTest, AnOlderSignatureThatSaysANewerVersionIsRefused) {
  SignatureEnvelope envelope = *parse_envelope(sign(kName, 1, kText), "");
  envelope.policy.version = 9;
  EXPECT_THAT(verify(format_envelope(envelope)), HasSubstr("was not signed with the key"));
}

TEST_F(PolicyVerifierTest, ARollbackToAnOlderSignedPairIsRefused) {
  const std::string old = sign(kName, 3, kText), next_text = kText + "#";
  EXPECT_EQ(verify(old), "version 3");
  EXPECT_EQ(verify(sign(kName, 4, next_text), next_text), "version 4");
  EXPECT_THAT(verify(old), HasSubstr("is an older one: it is version 3, and version 4 was in force"));
  EXPECT_EQ(fault_, ipc::Fault::kRefused);
  EXPECT_THAT(verify(sign(kName, 4, kText)), HasSubstr("another text under the same version 4"));
}

TEST_F(PolicyVerifierTest, ABadSignatureOfANewVersionDoesNotCountAsSeen) {
  EXPECT_THAT(verify(sign(kName, 900, kText, testing::make_rsa_pair(2048))), HasSubstr("was not signed"));
  EXPECT_EQ(verify(sign(kName, 1, kText)), "version 1");
}

TEST_F(PolicyVerifierTest, APolicyLongerThanKmsTakesIsVerified) {
  const std::string text = kText + std::string(100'000, '#');
  EXPECT_EQ(verify(sign(kName, 1, text), text), "version 1");
}

// To warn only, as upstream can, is here to have no key; the log then shows no signed version (test_signed_policy.py).
TEST_F(PolicyVerifierTest, WithoutAKeyAnythingIsTakenAsUnsigned) {
  verifier_ = with(PolicyKey{});
  EXPECT_FALSE(verifier_->enforces());
  EXPECT_EQ(verify(std::nullopt), "version 0");
}

class ByKms : public PolicyVerifierTest {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(ipc::SecretArena::open()); }
  void SetUp() override {
    aws_.use(testing::long_term_key());
    verifier_ = with(kms_key());
  }
  static PolicyKey kms_key() {
    PolicyKey key;
    key.kms = "alias/fleet";
    key.place = "the KMS key";
    return key;
  }
  // To all tries of one question.
  void kms_answers() override {
    const auto body = read_object(aws_.http.last().body);
    ASSERT_TRUE(body);
    EXPECT_EQ(text_of(*body, "KeyId"), "alias/fleet");
    asked_.push_back(from_base64(text_of(*body, "Message")).value_or("no base64"));
    for (; aws_.http.waiting() > 0; aws_.timers.pass(std::chrono::seconds(1))) {
      if (status_ != 0)
        aws_.http.answer(status_, body_);
      else
        aws_.http.fail(ipc::Fault::kUnavailable);
    }
  }
  std::vector<std::string> asked_;  // the messages
  long status_ = 200;               // 0: no answer comes
  std::string body_ = R"({"SignatureValid":true,"SigningAlgorithm":"RSASSA_PSS_SHA_256"})";
};

TEST_F(ByKms, KmsIsAskedOnceAboutAPairThatItVouchedFor) {
  EXPECT_EQ(verify(sign(kName, 1, kText)), "version 1");
  const std::string same = sign(kName, 2, kText);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(verify(same), "version 2");
  ASSERT_EQ(asked_.size(), 2u);
  EXPECT_EQ(asked_[1], signed_message({kName, 2, sha256_hex(kText)}));
}

TEST_F(ByKms, WhatItDoesNotVouchForIsRefusedAndNotAskedAgainAtOnce) {
  status_ = 400;
  body_ = R"({"__type":"AccessDeniedException"})";
  const std::string envelope = sign(kName, 1, kText);
  for (int i = 0; i < 3; ++i)
    EXPECT_THAT(verify(envelope), HasSubstr("could not be verified: verifying with KMS is not allowed"));
  EXPECT_EQ(fault_, ipc::Fault::kRefused);
  EXPECT_EQ(asked_.size(), 1u);
  status_ = 0;
  EXPECT_THAT(verify(sign(kName, 2, kText)), HasSubstr("verifying with KMS failed: Verify: the network said no"));
  EXPECT_EQ(fault_, ipc::Fault::kUnavailable);
}

TEST_F(ByKms, WhatItSaysIsNotTheKeysIsRefused) {
  body_ = R"({"SignatureValid":false,"SigningAlgorithm":"RSASSA_PSS_SHA_256"})";
  EXPECT_THAT(verify(sign(kName, 1, kText)), HasSubstr("KMS says that the signature is not the key's"));
  EXPECT_EQ(fault_, ipc::Fault::kRefused);
}

TEST_F(ByKms, AProfileWithoutKmsVouchesForNothing) {
  verifier_ = with(kms_key(), ipc::fail(ipc::Fault::kConfig, "no region is known"));
  EXPECT_THAT(verify(sign(kName, 1, kText)), HasSubstr("could not be verified: no region is known"));
  EXPECT_EQ(fault_, ipc::Fault::kConfig);
  EXPECT_TRUE(asked_.empty());
}

TEST_F(ByKms, WhatTheEnvelopeAloneRefusesIsNeverAsked) {
  (void)verify(std::nullopt);
  (void)verify("");
  (void)verify(sign(kName, 1, kText), kText + "#");
  (void)verify(sign("/other", 1, kText));
  EXPECT_TRUE(asked_.empty());
}

}  // namespace
}  // namespace broker
