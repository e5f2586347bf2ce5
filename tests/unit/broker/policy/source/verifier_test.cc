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
    asked_.push_back(text_of(*body, "KeyId"));
    for (; aws_.http.waiting() > 0; aws_.timers.pass(std::chrono::seconds(1))) {
      if (status_ != 0)
        aws_.http.answer(status_, body_);
      else
        aws_.http.fail(ipc::Fault::kUnavailable);
    }
  }
  static std::string der_of(const std::string& pem) {
    const std::size_t from = pem.find('\n') + 1;
    std::string text = pem.substr(from, pem.rfind("-----END") - from);
    std::erase(text, '\n');
    return text;
  }
  static std::string answer_of(const std::string& pem, const std::string& arn = kArn) {
    return R"({"KeyId":")" + arn + R"(","PublicKey":")" + der_of(pem) +
           R"(","KeyUsage":"SIGN_VERIFY","SigningAlgorithms":["RSASSA_PKCS1_V1_5_SHA_256","RSASSA_PSS_SHA_256"]})";
  }
  static constexpr char kArn[] = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd";
  std::vector<std::string> asked_;  // the keys
  long status_ = 200;               // 0: no answer comes
  std::string body_ = answer_of(testing::fleet_key().open);
};

TEST_F(ByKms, KmsIsAskedOnceForItsKeyAndSignaturesAreVerifiedHere) {
  for (std::uint64_t version = 1; version < 4; ++version)
    EXPECT_EQ(verify(sign(kName, version, kText)), "version " + std::to_string(version));
  EXPECT_EQ(asked_, std::vector<std::string>{"alias/fleet"});
}

TEST_F(ByKms, AKeyThatIsNotAnsweredIsRefusedAndNotAskedForAgainAtOnce) {
  status_ = 400;
  body_ = R"({"__type":"AccessDeniedException"})";
  const std::string envelope = sign(kName, 1, kText);
  for (int i = 0; i < 3; ++i)
    EXPECT_THAT(verify(envelope), HasSubstr("could not be verified: verifying with KMS is not allowed"));
  EXPECT_EQ(fault_, ipc::Fault::kRefused);
  EXPECT_EQ(asked_.size(), 1u);
  status_ = 0;
  aws_.clock.pass(PolicyVerifier::kPause);
  EXPECT_THAT(verify(sign(kName, 2, kText)), HasSubstr("verifying with KMS failed: GetPublicKey: the network said no"));
  EXPECT_EQ(fault_, ipc::Fault::kUnavailable);
}

// Who answered "SignatureValid": true to whatever was asked was believed.
TEST_F(ByKms, AYesOfKmsIsNoSignature) {
  body_ = R"({"KeyId":"k","SignatureValid":true,"SigningAlgorithm":"RSASSA_PSS_SHA_256"})";
  EXPECT_THAT(verify(sign(kName, 1, kText)), HasSubstr("could not be verified"));
  body_ = answer_of(testing::make_rsa_pair(2048).open);
  aws_.clock.pass(PolicyVerifier::kPause);
  EXPECT_THAT(verify(sign(kName, 1, kText)), HasSubstr("was not signed with the KMS key alias/fleet"));
  EXPECT_EQ(fault_, ipc::Fault::kRefused);
}

TEST_F(ByKms, AnotherKeyThanInAnEarlierRunIsRefused) {
  char name[] = "/tmp/kms-pins-XXXXXX";
  const ipc::UniqueFd file(::mkostemp(name, O_CLOEXEC));
  ASSERT_TRUE(file);
  ::unlink(name);
  const auto begin_run = [&](const std::string& asked) {
    PolicyKey key = kms_key();
    key.kms = asked;
    verifier_ = std::make_unique<PolicyVerifier>(aws_.context, testing::endpoint(), std::move(key),
                                                 PolicyVersions(ipc::UniqueFd(::dup(file.get()))));
  };
  begin_run("alias/fleet");
  EXPECT_EQ(verify(sign(kName, 1, kText)), "version 1");
  const testing::KeyPair other = testing::make_rsa_pair(2048);
  for (const std::string& arn : {std::string(kArn), std::string("arn:aws:kms:eu-west-1:111122223333:key/another")}) {
    body_ = answer_of(other.open, arn);  // the key, or what the alias leads to
    begin_run("alias/fleet");
    EXPECT_THAT(verify(sign(kName, 2, kText, other)), HasSubstr("another public key was answered for"));
    EXPECT_EQ(fault_, ipc::Fault::kRefused);
  }
  body_ = answer_of(testing::fleet_key().open);
  begin_run(kArn);
  EXPECT_EQ(verify(sign(kName, 2, kText)), "version 2");
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
