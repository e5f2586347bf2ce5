#include "tools/keys/new_key.h"

#include <utility>

#include "aws/key_syntax.h"

namespace broker {
namespace {

using ipc::Fault;
using ipc::SecretBuffer;

constexpr std::size_t kShortestId = 16;

// What else of AWS's has an id of this form, by its first four characters.
struct OtherId {
  std::string_view prefix, what, next_step;
};
constexpr std::string_view kNotAKey = "take the access key id, which begins with AKIA";
constexpr OtherId kOtherIds[] = {
    {"ASIA", "is a temporary key, which ends by itself", "only long-term keys are put away"},
    {"AIDA", "is the id of an IAM user", kNotAKey},
    {"AROA", "is the id of a role", kNotAKey},
    {"AGPA", "is the id of a group", kNotAKey},
    {"AIPA", "is the id of an instance profile", kNotAKey},
    {"ANPA", "is the id of a managed policy", kNotAKey},
    {"ANVA", "is the id of a version of a managed policy", kNotAKey},
    {"APKA", "is the id of a public key", kNotAKey},
    {"ASCA", "is the id of a certificate", kNotAKey},
};

// The codes by which AWS refuses a key, whatever is asked with it.
struct RefusalOfKey {
  std::string_view code, next_step;
};
constexpr std::string_view kCheckId =
    "check the access key id, that the key is active in IAM, and, outside of the public cloud, --region";
constexpr RefusalOfKey kRefusalsOfKeys[] = {
    {"InvalidClientTokenId", kCheckId},
    {"UnrecognizedClientException", kCheckId},
    {"InvalidAccessKeyId", kCheckId},
    {"SignatureDoesNotMatch", "check the secret access key: AWS knows the id, and the secret is another"},
};

}  // namespace

ipc::Status check_long_term(std::string_view id) {
  for (const OtherId& other : kOtherIds) {
    if (!id.starts_with(other.prefix)) continue;
    return ipc::fail(Fault::kUsage, std::string(id) + " " + std::string(other.what), std::string(other.next_step));
  }
  if (id.size() >= kShortestId) return {};
  return ipc::fail(Fault::kUsage,
                   std::string(id) + " is no access key id: it has " + std::to_string(id.size()) +
                       " characters, and AWS's have at least " + std::to_string(kShortestId),
                   "take all of it from the page of IAM that shows it");
}

ipc::Result<BaseKey> ask_new_key(KeyPrompt& prompt) {
  ipc::Result<std::string> id = prompt.line("AWS access key id: ");
  if (!id) return std::unexpected(id.error());
  if (!is_access_key_id(*id)) {
    const std::string fault(fault_of_key_text(*id));
    return ipc::fail(Fault::kUsage, "what was given is no access key id" + (fault.empty() ? "" : ": it " + fault),
                     "it has letters and digits alone");
  }
  if (const ipc::Status long_term = check_long_term(*id); !long_term) return std::unexpected(long_term.error());
  ipc::Result<SecretBuffer> secret = prompt.secret("AWS secret access key (not shown): ");
  if (!secret) return std::unexpected(secret.error());
  const std::string fault(fault_of_key_text(secret->reveal()));
  if (!fault.empty() || secret->size() > kMaxKeySecret) {
    return ipc::fail(Fault::kUsage,
                     "what was given is no secret access key: it " + (fault.empty() ? "is longer than any" : fault),
                     "it is one word without blanks or quotes, in the line behind the access key id");
  }
  return BaseKey{std::move(*id), std::move(*secret), {}};
}

ipc::Error why_not_taken(std::string_view id, const ipc::Error& error) {
  const std::string key(id);
  for (const RefusalOfKey& refusal : kRefusalsOfKeys) {
    if (!error.what.contains(refusal.code)) continue;
    return {Fault::kRefused, "AWS does not take the key " + key + ": " + error.what + "; nothing is stored",
            std::string(refusal.next_step), 0};
  }
  const std::string asked = error.fault == Fault::kRefused
                                ? "AWS does not say that the key " + key + " works: "
                                : "AWS could not be asked whether the key " + key + " works: ";
  return {error.fault, asked + error.what + "; nothing is stored",
          (error.next_step.empty() ? "try again" : error.next_step) + ", or store it unasked with --offline", 0};
}

ipc::Result<std::string> owner_of_new_key(KeyProcess& aws, const BaseKey& key) {
  ipc::Result<std::string> arn = aws.arn(key);
  if (arn) return arn;
  return std::unexpected(why_not_taken(key.access_key_id, arn.error()));
}

}  // namespace broker
