// KMS is asked about the short message only, and nothing but its clear yes is a yes.
#include "services/kms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/source/signature.h"
#include "text/base64.h"

namespace broker {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Kms, TheRequestNamesKeyMessageAndAlgorithm) {
  const AwsRequest request = kms_verify({"https://kms.eu-west-1.amazonaws.com", "kms.eu-west-1.amazonaws.com"},
                                        "alias/fl\"eet", "message", "signature");
  EXPECT_EQ(request.service, "kms");
  EXPECT_EQ(request.headers.at(1).value, "TrentService.Verify");
  EXPECT_EQ(request.body, R"({"KeyId":"alias/fl\"eet","Message":")" + base64("message") +
                              R"(","MessageType":"RAW","SigningAlgorithm":"RSASSA_PSS_SHA_256","Signature":")" +
                              base64("signature") + "\"}");
  EXPECT_THAT(kms_sign({}, "k", "message").body, Not(HasSubstr("Signature\":")));
}

TEST(Kms, OnlyAClearYesIsAYes) {
  EXPECT_TRUE(read_kms_verified(R"({"KeyId":"k","SignatureValid":true,"SigningAlgorithm":"RSASSA_PSS_SHA_256"})"));
  for (const char* body :
       {"", "null", "{}", R"({"SignatureValid":"true","SigningAlgorithm":"RSASSA_PSS_SHA_256"})",
        R"({"SignatureValid":1,"SigningAlgorithm":"RSASSA_PSS_SHA_256"})", R"({"SignatureValid":true})",
        R"({"SignatureValid":true,"SigningAlgorithm":"ECDSA_SHA_256"})",
        R"({"SignatureValid":false,"SignatureValid":true,"SigningAlgorithm":"RSASSA_PSS_SHA_256"})"}) {
    EXPECT_FALSE(read_kms_verified(body)) << body;
  }
  const auto no = read_kms_verified(R"({"SignatureValid":false,"SigningAlgorithm":"RSASSA_PSS_SHA_256"})");
  ASSERT_FALSE(no);
  EXPECT_EQ(no.error().fault, ipc::Fault::kRefused);
}

TEST(Kms, ASignatureIsReadWithItsKey) {
  const auto read = read_kms_signature(R"({"KeyId":"arn","Signature":"cmF3","SigningAlgorithm":"RSASSA_PSS_SHA_256"})");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->signature, "raw");
  EXPECT_EQ(read->key_id, "arn");
  EXPECT_FALSE(read_kms_signature(R"({"KeyId":"arn","Signature":"","SigningAlgorithm":"RSASSA_PSS_SHA_256"})"));
  EXPECT_FALSE(read_kms_signature(R"({"KeyId":"arn","Signature":"cmF3","SigningAlgorithm":"ECDSA_SHA_256"})"));
  EXPECT_FALSE(read_kms_signature("[]"));
}

TEST(Kms, RefusalsSayWhatToDoAndNameNoArn) {
  const std::string arn = "arn:aws:kms:eu-west-1:111122223333:key/1";
  for (const char* code : {"KMSInvalidSignatureException", "AccessDeniedException", "NotFoundException",
                           "DisabledException", "InvalidKeyUsageException", "KMSInternalException"}) {
    const ipc::Error error = kms_error("Verify", {{ipc::Fault::kRefused, code + arn, "", 0}, {400, code, arn}});
    EXPECT_THAT(error.what, Not(HasSubstr("arn:"))) << code;
    EXPECT_FALSE(error.next_step.empty()) << code;
    EXPECT_EQ(error.fault, ipc::Fault::kRefused) << code;
  }
  const ipc::Error silent = kms_error("Verify", {{ipc::Fault::kUnavailable, "gave no answer", "", 0}, {}});
  EXPECT_EQ(silent.fault, ipc::Fault::kUnavailable);
  EXPECT_THAT(silent.what, HasSubstr("verifying with KMS failed: gave no answer"));
}

}  // namespace
}  // namespace broker
