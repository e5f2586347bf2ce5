#include "services/kms.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "call/json_failure.h"
#include "call/next_step.h"
#include "services/request_forms.h"
#include "text/ascii.h"
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

bool names_our_algorithm(const Json::Value& root) {
  const Json::Value* const algorithms = member(root, "SigningAlgorithms");
  return algorithms && algorithms->isArray() && std::ranges::any_of(*algorithms, [](const Json::Value& each) {
           return each.isString() && each.asString() == kSignatureAlgorithm;
         });
}

// arn:PARTITION:kms:REGION:ACCOUNT:key/ID. An alias's ARN says region and account, its name the region that was asked.
bool is_key_asked_for(std::string_view asked, std::string_view region, std::string_view arn) {
  const std::vector<std::string_view> answered = split(arn, ':');
  if (answered.size() != 6 || answered[0] != "arn" || answered[2] != "kms" || answered[3].empty() ||
      answered[4].empty() || !answered[5].starts_with("key/")) {
    return false;
  }
  if (!asked.starts_with("arn:"))
    return answered[3] == region && (asked.starts_with("alias/") || answered[5].substr(4) == asked);
  const std::vector<std::string_view> wanted = split(asked, ':');
  if (wanted.size() != 6 || !wanted[5].starts_with("alias/")) return asked == arn;
  return std::equal(wanted.begin(), wanted.begin() + 5, answered.begin());
}

}  // namespace

AwsRequest kms_public_key(const AwsEndpoint& endpoint, std::string_view key) {
  return json_request(kKms, endpoint, "GetPublicKey", R"({"KeyId":)" + quoted(key) + "}");
}

AwsRequest kms_sign(const AwsEndpoint& endpoint, std::string_view key, std::string_view message) {
  return json_request(kKms, endpoint, "Sign", common_members(key, message) + "}");
}

ipc::Result<KmsPublicKey> read_kms_public_key(std::string_view asked, std::string_view region, std::string_view body) {
  const std::optional<Json::Value> root = read_object(body);
  if (!root) return bad_answer_of_kms("GetPublicKey", "is not JSON");
  if (text_of(*root, "KeyUsage") != "SIGN_VERIFY" || !names_our_algorithm(*root)) {
    return ipc::fail(Fault::kRefused, "the KMS key cannot sign policies", "give an RSA key whose use is SIGN_VERIFY");
  }
  std::string arn = text_of(*root, "KeyId");
  if (!is_key_asked_for(asked, region, arn)) return bad_answer_of_kms("GetPublicKey", "is about another key");
  ipc::Result<std::string> der = from_base64(text_of(*root, "PublicKey"));
  if (!der || der->empty()) return bad_answer_of_kms("GetPublicKey", "has no key");
  return KmsPublicKey{std::move(*der), std::move(arn)};
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
  if (is_denial(failure)) {
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
