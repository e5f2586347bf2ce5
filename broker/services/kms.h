// KMS Sign and Verify of a policy's signed message: builds the request, reads the answer, words the failures. No I/O.
//
// Runs in: broker and sentinel-policy.   Blocks: never.
// Fails: kProtocol for an answer that is not Sign's or Verify's; kRefused for a signature that KMS says is not good.
// Source: docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html and API_Verify.html
#pragma once

#include <string>
#include <string_view>

#include "call/aws_call.h"
#include "ipc/result.h"

namespace broker {

// The one algorithm that policies are signed with, in KMS's words.
inline constexpr std::string_view kSignatureAlgorithm = "RSASSA_PSS_SHA_256";

// `key`: id, ARN, alias/name or an alias's ARN. `message`: signed_message(), far below the 4096 bytes of RAW.
AwsRequest kms_verify(const AwsEndpoint& endpoint, std::string_view key, std::string_view message,
                      std::string_view signature);
AwsRequest kms_sign(const AwsEndpoint& endpoint, std::string_view key, std::string_view message);

ipc::Status read_kms_verified(std::string_view body);
struct KmsSignature {
  std::string signature;  // raw bytes
  std::string key_id;     // the key's ARN
};
ipc::Result<KmsSignature> read_kms_signature(std::string_view body);

// `action`: Sign or Verify. A verdict of KMS is kRefused, its silence kUnavailable. No ARN gets into the sentence.
ipc::Error kms_error(std::string_view action, AwsCallError error);

}  // namespace broker
