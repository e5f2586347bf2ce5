// KMS Sign of a policy's signed message, and GetPublicKey, by whose key it is verified here: builds the request, reads
// the answer, words the failures. KMS's own Verify is not asked: a key that is known once cannot be changed by who
// answers later. No I/O.
//
// Runs in: broker and sentinel-policy.   Blocks: never.
// Fails: kProtocol for an answer that is not Sign's or GetPublicKey's, or is about another key than was asked for.
// Source: docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html and API_GetPublicKey.html
#pragma once

#include <string>
#include <string_view>

#include "call/aws_call.h"
#include "ipc/result.h"

namespace broker {

// The one algorithm that policies are signed with, in KMS's words.
inline constexpr std::string_view kSignatureAlgorithm = "RSASSA_PSS_SHA_256";

// `key`: id, ARN, alias/name or an alias's ARN. `message`: signed_message(), far below the 4096 bytes of RAW.
AwsRequest kms_public_key(const AwsEndpoint& endpoint, std::string_view key);
AwsRequest kms_sign(const AwsEndpoint& endpoint, std::string_view key, std::string_view message);

struct KmsPublicKey {
  std::string der;  // SubjectPublicKeyInfo
  std::string arn;  // of the key itself, whatever it was asked for by
};
// `asked`: as in the request, to `region`. The answer must be about that key: an ARN is compared whole, a key's id and
// the region of an alias with what the answer's ARN says.
ipc::Result<KmsPublicKey> read_kms_public_key(std::string_view asked, std::string_view region, std::string_view body);
struct KmsSignature {
  std::string signature;  // raw bytes
  std::string key_id;     // the key's ARN
};
ipc::Result<KmsSignature> read_kms_signature(std::string_view body);

// `action`: Sign or GetPublicKey. A verdict of KMS is kRefused, its silence kUnavailable. No ARN gets into the
// sentence.
ipc::Error kms_error(std::string_view action, AwsCallError error);

}  // namespace broker
