#include "services/kms.h"

#include <utility>

#include "call/json_failure.h"
#include "call/next_step.h"
#include "services/request_forms.h"
#include "text/base64.h"
#include "text/json_value.h"

namespace broker {
namespace {

using ipc::Fault;

constexpr JsonService kKms{"kms", "TrentService", "1.1"};

std::string common_members(std::string_view key, std::string_view message) {
  std::string body = R"({"KeyId":)";
  body += quoted(key);
  body += R"(,"Message":")";
  body += base64(message);
  body += R"(","MessageType":"RAW","SigningAlgorithm":")";
  body += kSignatureAlgorithm;
  return body += '"';
}

std::unexpected<ipc::Error> bad_answer_of_kms(std::string_view action, std::string_view why) {
  std::string what("the answer to KMS ");
  ((what += action) += ' ') += why;
  return ipc::fail(Fault::kProtocol, what, "check that the endpoint is AWS Key Management Service");
}

}  // namespace

AwsRequest kms_verify(const AwsEndpoint& endpoint, std::string_view key, std::string_view message,
                      std::string_view signature) {
  return json_request(kKms, endpoint, "Verify",
                      common_members(key, message) + R"(,"Signature":")" + base64(signature) + "\"}");
}

AwsRequest kms_sign(const AwsEndpoint& endpoint, std::string_view key, std::string_view message) {
  return json_request(kKms, endpoint, "Sign", common_members(key, message) + "}");
}

ipc::Status read_kms_verified(std::string_view body) {
  const std::optional<Json::Value> root = read_object(body);
  if (!root) return bad_answer_of_kms("Verify", "is not JSON");
  const Json::Value* const valid = member(*root, "SignatureValid");
  if (!valid || !valid->isBool()) return bad_answer_of_kms("Verify", "does not say whether the signature is valid");
  if (text_of(*root, "SigningAlgorithm") != kSignatureAlgorithm)
    return bad_answer_of_kms("Verify", "is about another algorithm");
  if (valid->asBool()) return {};
  return ipc::fail(Fault::kRefused, "KMS says that the signature is not the key's", "sign the policy anew");
}

ipc::Result<KmsSignature> read_kms_signature(std::string_view body) {
  const std::optional<Json::Value> root = read_object(body);
  if (!root) return bad_answer_of_kms("Sign", "is not JSON");
  if (text_of(*root, "SigningAlgorithm") != kSignatureAlgorithm)
    return bad_answer_of_kms("Sign", "is of another algorithm");
  ipc::Result<std::string> signature = from_base64(text_of(*root, "Signature"));
  if (!signature || signature->empty()) return bad_answer_of_kms("Sign", "has no signature");
  std::string key_id = text_of(*root, "KeyId");
  if (key_id.empty()) return bad_answer_of_kms("Sign", "does not name the key");
  return KmsSignature{std::move(*signature), std::move(key_id)};
}

ipc::Error kms_error(std::string_view action, AwsCallError call) {
  const AwsFailure& failure = call.failure;
  ipc::Error error = std::move(call.error);
  const std::string doing(action == "Sign" ? "signing with KMS" : "verifying with KMS");
  if (failure.code == "KMSInvalidSignatureException") {
    error.fault = Fault::kRefused;
    error.what = "KMS says that the signature is not the key's";
    error.next_step = "sign the policy anew with this key";
  } else if (is_denial(failure)) {
    error.what = doing + " is not allowed to this identity";
    error.next_step = way_past_denial(failure);
    if (error.next_step.empty())
      error.next_step =
          "allow kms:" + std::string(action) + " on the key to this identity, in the key's policy or by IAM";
  } else if (failure.code == "NotFoundException") {
    error.what = "KMS does not know the key";
    error.next_step = "check --policy-kms-key, the region and the account";
  } else if (failure.code == "DisabledException" || failure.code == "KMSInvalidStateException") {
    error.what = "the KMS key is not enabled";
    error.next_step = "enable the key, or give another --policy-kms-key";
  } else if (failure.code == "InvalidKeyUsageException" || failure.code == "ValidationException") {
    error.what = "the KMS key cannot sign policies: " + failure.code;
    error.next_step = "give an RSA key whose use is SIGN_VERIFY";
  } else if (failure.code.empty()) {
    error.what = doing + " failed: " + error.what;
    if (error.next_step.empty()) error.next_step = next_step_after(failure);
  } else if (error.fault == Fault::kUnavailable) {
    error.what = doing + " is not possible now: " + failure.code;
    error.next_step = "wait and try again; the account is throttled or KMS has trouble";
  } else {
    error.what = doing + " failed: " + failure.code;  // its message names the key's ARN
    error.next_step = next_step_after(failure);
    if (error.next_step.empty())
      error.next_step = "check the key, the clock of this machine and the region; then try again";
  }
  return error;
}

}  // namespace broker
