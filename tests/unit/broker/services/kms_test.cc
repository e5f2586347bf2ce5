// KMS is asked about the short message only, and nothing but its clear yes is a yes.
#include "services/kms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "policy/source/signature.h"
#include "text/base64.h"

namespace broker {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Kms, TheRequestNamesKeyMessageAndAlgorithm) {
  const AwsEndpoint endpoint{"https://kms.eu-west-1.amazonaws.com", "kms.eu-west-1.amazonaws.com"};
  const AwsRequest request = kms_sign(endpoint, "alias/fl\"eet", "message");
  EXPECT_EQ(request.service, "kms");
  EXPECT_EQ(request.headers.at(1).value, "TrentService.Sign");
  EXPECT_EQ(request.body, R"({"KeyId":"alias/fl\"eet","Message":")" + base64("message") +
                              R"(","MessageType":"RAW","SigningAlgorithm":"RSASSA_PSS_SHA_256"})");
  const AwsRequest key = kms_public_key(endpoint, "alias/fl\"eet");
  EXPECT_EQ(key.headers.at(1).value, "TrentService.GetPublicKey");
  EXPECT_EQ(key.body, R"({"KeyId":"alias/fl\"eet"})");
}

std::string key_answer(const std::string& arn, const std::string& usage = "SIGN_VERIFY",
                       const std::string& algorithms = R"(["RSASSA_PSS_SHA_256"])", const std::string& key = "cmF3") {
  return R"({"KeyId":")" + arn + R"(","PublicKey":")" + key + R"(","KeyUsage":")" + usage +
         R"(","SigningAlgorithms":)" + algorithms + "}";
}

TEST(Kms, APublicKeyIsReadOnlyWhereItIsTheOneThatWasAskedFor) {
  const std::string arn = "arn:aws:kms:eu-west-1:111122223333:key/1234";
  for (const std::string& asked : {arn, std::string("1234"), std::string("alias/fleet"),
                                   std::string("arn:aws:kms:eu-west-1:111122223333:alias/fleet")}) {
    const auto key = read_kms_public_key(asked, "eu-west-1", key_answer(arn));
    ASSERT_TRUE(key) << asked;
    EXPECT_EQ(key->der, "raw");
    EXPECT_EQ(key->arn, arn);
    for (const std::string& other : std::vector<std::string>{
             "arn:aws:kms:us-east-1:111122223333:key/1234", "arn:aws:kms:eu-west-1:111122223333:alias/fleet",
             "arn:aws:iam:eu-west-1:111122223333:key/1234", "1234", "", "arn:aws:kms:eu-west-1::key/1234"}) {
      EXPECT_FALSE(read_kms_public_key(asked, "eu-west-1", key_answer(other))) << asked << " " << other;
    }
  }
  const std::string of_another = "arn:aws:kms:eu-west-1:999999999999:key/1234";
  EXPECT_FALSE(read_kms_public_key(arn, "eu-west-1", key_answer(of_another)));
  EXPECT_FALSE(read_kms_public_key("arn:aws:kms:eu-west-1:111122223333:alias/a", "eu-west-1", key_answer(of_another)));
  EXPECT_FALSE(read_kms_public_key("4321", "eu-west-1", key_answer(arn)));
}

TEST(Kms, OnlyAKeyForOurSignaturesIsTaken) {
  const std::string arn = "arn:aws:kms:eu-west-1:111122223333:key/1234";
  for (const std::string& body :
       {std::string(""), std::string("null"), std::string("{}"), key_answer(arn, "ENCRYPT_DECRYPT"),
        key_answer(arn, "SIGN_VERIFY", "[]"), key_answer(arn, "SIGN_VERIFY", R"(["ECDSA_SHA_256"])"),
        key_answer(arn, "SIGN_VERIFY", R"("RSASSA_PSS_SHA_256")"), key_answer(arn, "SIGN_VERIFY", "[1]"),
        key_answer(arn, "SIGN_VERIFY", R"(["RSASSA_PSS_SHA_256"])", ""),
        key_answer(arn, "SIGN_VERIFY", R"(["RSASSA_PSS_SHA_256"])", "*")}) {
    EXPECT_FALSE(read_kms_public_key("1234", "eu-west-1", body)) << body;
  }
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
  for (const char* code : {"AccessDeniedException", "NotFoundException", "DisabledException",
                           "InvalidKeyUsageException", "KMSInternalException"}) {
    const ipc::Error error = kms_error("GetPublicKey", {{ipc::Fault::kRefused, code + arn, "", 0}, {400, code, arn}});
    EXPECT_THAT(error.what, Not(HasSubstr("arn:"))) << code;
    EXPECT_FALSE(error.next_step.empty()) << code;
    EXPECT_EQ(error.fault, ipc::Fault::kRefused) << code;
  }
  const ipc::Error silent = kms_error("GetPublicKey", {{ipc::Fault::kUnavailable, "gave no answer", "", 0}, {}});
  EXPECT_EQ(silent.fault, ipc::Fault::kUnavailable);
  EXPECT_THAT(silent.what, HasSubstr("verifying with KMS failed: gave no answer"));
}

}  // namespace
}  // namespace broker
