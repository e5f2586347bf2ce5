// A signature vouches for one name, one version and one text; an envelope that says anything else is refused whole.
#include "policy/source/signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "signing_keys.h"

namespace broker {
namespace {

using ::testing::HasSubstr;

const std::string kHash(64, 'a');

SignatureEnvelope good() {
  return {"raw bytes", "the key", "2026-11-21T12:00:00Z", {"/sentinel/policies/x", 7, kHash}};
}

std::string refusal(const std::string& text) {
  const auto read = parse_envelope(text, "the signature");
  return read ? "accepted" : read.error().what;
}

std::string with(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(SignedMessage, SaysNameVersionAndHashInThisFormForEver) {
  EXPECT_EQ(signed_message({"/sentinel/policies/x", 7, kHash}),
            "sentinel-policy-v2\n/sentinel/policies/x\n7\n" + kHash + "\n");
}

TEST(SignedMessage, ANameOfTwoLinesIsRefusedBecauseItCouldSayAnotherVersion) {
  EXPECT_FALSE(check_signed_name("/a\n9"));
  EXPECT_FALSE(check_signed_name(""));
  EXPECT_FALSE(check_signed_name(std::string(2049, 'a')));
  EXPECT_TRUE(check_signed_name("/etc/policy of the fleet.yaml"));
}

TEST(Envelope, WhatIsWrittenIsReadAgain) {
  const auto read = parse_envelope(format_envelope(good()), "the signature");
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->signature, "raw bytes");
  EXPECT_EQ(read->key_id, "the key");
  EXPECT_EQ(read->policy, good().policy);
}

TEST(Envelope, EmptyMalformedOrTooLongIsRefused) {
  for (const char* text : {"", "{}", "[]", "null", "not json", "{\"signature\":\"\"}", "{\"metadata\":{}}"}) {
    EXPECT_THAT(refusal(text), HasSubstr("the signature ")) << text;
  }
  EXPECT_THAT(refusal(std::string(kMaxEnvelopeBytes + 1, ' ')), HasSubstr("longer than 16 KiB"));
  const std::string text = format_envelope(good());
  for (std::size_t size = 0; size + 2 < text.size(); ++size)
    EXPECT_NE(refusal(text.substr(0, size)), "accepted") << size;
}

TEST(Envelope, WhatIsUnknownOrThereTwiceIsRefused) {
  const std::string text = format_envelope(good());
  EXPECT_THAT(refusal(with(text, "{\"metadata\"", "{\"more\":1,\"metadata\"")), HasSubstr("'more'"));
  EXPECT_THAT(refusal(with(text, "\"key_id\"", "\"extra\":\"x\",\"key_id\"")), HasSubstr("'extra'"));
  EXPECT_NE(refusal(with(text, "\"policy_version\":7", "\"policy_version\":7,\"policy_version\":9")), "accepted");
  EXPECT_NE(refusal(text + "{}"), "accepted");
  EXPECT_NE(refusal("/* */" + text), "accepted");
}

TEST(Envelope, AMemberThatIsMissingOrOutOfBoundsIsRefused) {
  const std::string text = format_envelope(good());
  for (const char* name : {"key_id", "algorithm", "signed_at", "policy_hash", "policy_name"}) {
    const std::string quoted_name = '"' + std::string(name) + "\":\"";
    EXPECT_NE(refusal(with(text, quoted_name, '"' + std::string(name) + "\":1,\"x\":\"")), "accepted") << name;
  }
  for (const char* version : {"0", "-1", "1.5", "7.0", "\"7\"", "null", "true", "1000000000000000", "1e3"}) {
    EXPECT_THAT(refusal(with(text, "\"policy_version\":7", "\"policy_version\":" + std::string(version))),
                HasSubstr("policy_version"))
        << version;
  }
  EXPECT_THAT(refusal(with(text, kHash, std::string(64, 'A'))), HasSubstr("policy_hash"));
  EXPECT_THAT(refusal(with(text, kHash, std::string(63, 'a'))), HasSubstr("policy_hash"));
  EXPECT_THAT(refusal(with(text, "RSASSA_PSS_SHA_256", "RSASSA_PKCS1_V1_5_SHA_256")), HasSubstr("algorithm"));
  EXPECT_THAT(refusal(with(text, "/sentinel/policies/x", "/x\\n9")), HasSubstr("policy_name"));
}

TEST(Envelope, OneOfAnOlderToolThatBindsNoNameIsToldToBeSignedAnew) {
  const std::string old =
      R"({"signature":"cmF3","metadata":{"key_id":"alias/x","algorithm":"RSASSA_PSS_SHA_256","signed_at":"2026-01-01T00:00:00Z","policy_hash":")" +
      kHash + "\"}}";
  const auto read = parse_envelope(old, "the signature");
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().what, HasSubstr("does not bind the policy's name and version"));
  EXPECT_THAT(read.error().next_step, HasSubstr("anew"));
}

TEST(SignatureParameter, LiesBesideThePolicysPath) {
  EXPECT_EQ(signature_parameter("/sentinel/policies/default"), "/sentinel/signatures/default");
  EXPECT_EQ(signature_parameter("/sentinel/policies/team/a"), "/sentinel/signatures/team/a");
  EXPECT_EQ(signature_parameter("/other/policy"), "/sentinel/signatures/other/policy");
  EXPECT_EQ(signature_parameter("plain"), "/sentinel/signatures/plain");
  EXPECT_EQ(signature_parameter("/sentinel/policies/default:live"), "/sentinel/signatures/default:live");
  EXPECT_EQ(signature_parameter("arn:aws:ssm:eu-west-1:111122223333:parameter/sentinel/policies/default"),
            "arn:aws:ssm:eu-west-1:111122223333:parameter/sentinel/signatures/default");
}

TEST(SignatureParameter, TheSignedNameIsThePlainOne) {
  EXPECT_EQ(signed_name("/sentinel/policies/default:3"), "/sentinel/policies/default");
  EXPECT_EQ(signed_name("arn:aws:ssm:eu-west-1:111122223333:parameter/a/b"), "/a/b");
}

class RsaKeys : public ::testing::Test {
 protected:
  testing::KeyPair pair_ = testing::make_rsa_pair(2048);
  PrivateKey private_ = *PrivateKey::from_pem(pair_.secret, "key");
  PublicKey public_ = *PublicKey::from_pem(pair_.open, "key.pub");
};

TEST_F(RsaKeys, ASignatureHoldsForItsMessageAndKeyAndForNoOther) {
  const std::string message = signed_message(good().policy);
  const auto signature = private_.sign(message);
  ASSERT_TRUE(signature);
  EXPECT_TRUE(public_.verifies(message, *signature));
  EXPECT_FALSE(public_.verifies(message + " ", *signature));
  EXPECT_FALSE(public_.verifies(message, ""));
  EXPECT_FALSE(public_.verifies(message, signature->substr(1)));
  for (std::size_t at = 0; at < signature->size(); at += 17) {
    std::string bent = *signature;
    bent[at] = static_cast<char>(bent[at] ^ 1);
    EXPECT_FALSE(public_.verifies(message, bent)) << at;
  }
  const auto other = PublicKey::from_pem(testing::make_rsa_pair(2048).open, "other");
  ASSERT_TRUE(other);
  EXPECT_FALSE(other->verifies(message, *signature));
}

// Every 256th signature begins with a zero byte; as numbers it and what is left without that byte are the same.
TEST_F(RsaKeys, ASignatureWithoutItsLeadingZeroByteDoesNotHold) {
  const std::string message = signed_message(good().policy);
  std::string signature = *private_.sign(message);
  while (signature[0] != 0) signature = *private_.sign(message);
  EXPECT_TRUE(public_.verifies(message, signature));
  EXPECT_FALSE(public_.verifies(message, signature.substr(1)));
  EXPECT_FALSE(private_.verifies(message, signature.substr(1)));
  EXPECT_FALSE(public_.verifies(message, std::string(1, '\0') + signature));
}

TEST_F(RsaKeys, ASignatureOfTheOlderPaddingDoesNotHold) {
  const std::string message = signed_message(good().policy);
  EXPECT_FALSE(public_.verifies(message, testing::sign_pkcs1(pair_.secret, message)));
}

TEST_F(RsaKeys, AKeyIsItselfAndHasOneFingerprint) {
  EXPECT_TRUE(public_ == *PublicKey::from_pem(pair_.open, "again"));
  EXPECT_FALSE(public_ == *PublicKey::from_pem(testing::make_rsa_pair(2048).open, "other"));
  EXPECT_EQ(private_.fingerprint(), public_.fingerprint());
  EXPECT_EQ(public_.fingerprint().size(), 64u);
}

TEST(KeyFile, OnlyRsaOf2048BitsOrMoreIsAKey) {
  const auto why = [](const std::string& pem) {
    const auto key = PublicKey::from_pem(pem, "/k.pub");
    return key ? "accepted" : key.error().what;
  };
  EXPECT_THAT(why(testing::make_rsa_pair(1024).open), HasSubstr("/k.pub is an RSA key of 1024 bits"));
  EXPECT_THAT(why(testing::make_ec_public()), HasSubstr("/k.pub is not an RSA key"));
  EXPECT_THAT(why(""), HasSubstr("/k.pub is not a public key in PEM"));
  EXPECT_THAT(why("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"), HasSubstr("not a public key"));
  EXPECT_THAT(why(testing::make_rsa_pair(2048).secret), HasSubstr("not a public key"));
  EXPECT_FALSE(PrivateKey::from_pem(testing::make_rsa_pair(2048).open, "/k"));
}

// Whoever may write the signature's place names what a refusal then says to a terminal.
TEST(SignedName, IsPlainTextThatSteersNoTerminal) {
  EXPECT_TRUE(check_signed_name("/sentinel/policies/default"));
  EXPECT_TRUE(check_signed_name("/home/\xC3\xA9va/policy.yaml"));
  for (const char* bad : {"/a\xC2\x9B"
                          "2J",
                          "/a\xF0l", "/a\xE2\x80\xAE", "/a\x1b[2J", "/a\nb", "/a\tb", "/a\rb", ""}) {
    EXPECT_FALSE(check_signed_name(bad)) << bad;
  }
}

}  // namespace
}  // namespace broker
