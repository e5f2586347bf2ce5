#include "tools/policy/signer.h"

#include <chrono>
#include <filesystem>

#include "host/own_file.h"
#include "host/root_file.h"
#include "ipc/process/user_namespace.h"
#include "text/rfc3339.h"
#include "tools/this_second.h"

namespace broker {
namespace {

using ipc::Fault;

std::string now_text() { return std::string(rfc3339(this_second()).text()); }

// A user who may write the signature's place, but not sign, must not choose what is signed next: the highest version
// there is, signed once, would let no later policy in anywhere.
ipc::Status check_vouched(const Signer& signer, const SignatureEnvelope& there, const std::string& name,
                          const std::string& place, KeyProcess* aws) {
  const std::string message = signed_message(there.policy);
  const bool by_key = signer.key && signer.key->verifies(message, there.signature);
  const ipc::Status good =
      signer.key || !aws ? ipc::Status{} : verify_by_kms(*aws, signer.kms, message, there.signature);
  if (!good && good.error().fault != Fault::kRefused) return good;
  const bool vouched = there.policy.name == name && (signer.key ? by_key : good.has_value());
  if (vouched) return {};
  return ipc::fail(Fault::kRefused,
                   "the signature that is there (" + place + ") was not made with this key for this policy, so that " +
                       "nobody vouches for its version " + std::to_string(there.policy.version),
                   "find out who wrote it, and say the new version with --policy-version");
}

}  // namespace

ipc::Status verify_by_kms(KeyProcess& aws, std::string_view kms, std::string_view message, std::string_view signature) {
  const ipc::Result<KmsPublicKey> answer = aws.kms_public_key(kms);
  if (!answer) return std::unexpected(answer.error());
  const ipc::Result<PublicKey> key = PublicKey::from_der(answer->der, "the KMS key " + answer->arn);
  if (!key) return std::unexpected(key.error());
  if (key->verifies(message, signature)) return {};
  return ipc::fail(Fault::kRefused, "the signature is not that of the KMS key " + std::string(kms),
                   "sign the policy anew with this key");
}

ipc::Result<Signer> signer_of(const ToolArguments& arguments) {
  if (arguments.given("sign-key") && arguments.given("policy-kms-key")) {
    return arguments.misuse("--sign-key and --policy-kms-key are two keys");
  }
  Signer signer;
  signer.kms = arguments.value("policy-kms-key");
  if (!arguments.given("sign-key")) return signer;
  // Who could read this one could sign what everybody else is bound to.
  const bool allowed = arguments.flag("allow-user-namespace");
  if (const ipc::Status apart = ipc::check_no_user_namespace(allowed); !apart) return std::unexpected(apart.error());
  std::error_code failed;
  const std::string file = std::filesystem::absolute(arguments.value("sign-key"), failed).string();
  const ipc::Result<std::string> pem = read_secret_file(file, kMaxKeyFileBytes, "the signing key");
  if (!pem) return std::unexpected(pem.error());
  ipc::Result<PrivateKey> key = PrivateKey::from_pem(*pem, file);
  if (!key) return std::unexpected(key.error());
  signer.key.emplace(std::move(*key));
  return signer;
}

ipc::Result<SignatureEnvelope> sign_policy(const Signer& signer, SignedPolicy policy, KeyProcess* aws) {
  const std::string message = signed_message(policy);
  SignatureEnvelope envelope{{}, {}, now_text(), std::move(policy)};
  if (signer.key) {
    ipc::Result<std::string> signature = signer.key->sign(message);
    if (!signature) return std::unexpected(signature.error());
    envelope.signature = std::move(*signature);
    envelope.key_id = signer.key->fingerprint();
    return envelope;
  }
  ipc::Result<KmsSignature> signature = aws->kms_sign(signer.kms, message);
  if (!signature) return std::unexpected(signature.error());
  envelope.signature = std::move(signature->signature);
  envelope.key_id = std::move(signature->key_id);
  return envelope;
}

ipc::Result<std::uint64_t> version_option(const ToolArguments& arguments) {
  if (!arguments.given("policy-version")) return 0;
  const std::string_view text = arguments.value("policy-version");
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || value > kMaxPolicyVersion) return arguments.misuse("--policy-version is a number from 1");
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (value == 0 || value > kMaxPolicyVersion) return arguments.misuse("--policy-version is a number from 1");
  return value;
}

ipc::Result<std::uint64_t> version_after(const Signer& signer, std::string_view envelope, const std::string& name,
                                         const std::string& place, KeyProcess* aws) {
  const ipc::Result<SignatureEnvelope> there = parse_envelope(envelope, place);
  if (!there) return std::unexpected(there.error());
  if (ipc::Status good = check_vouched(signer, *there, name, place, aws); !good) return std::unexpected(good.error());
  if (there->policy.version < kMaxPolicyVersion) return there->policy.version + 1;
  return ipc::fail(Fault::kRefused, place + " has the highest version that there can be",
                   "sign the policy under another name");
}

std::string signed_file_name(const ToolArguments& arguments, const std::string& file) {
  if (arguments.given("name")) return std::string(arguments.value("name"));
  std::error_code failed;
  const std::filesystem::path path = std::filesystem::absolute(file, failed);
  return failed ? file : path.lexically_normal().string();
}

AwsPlace aws_place(const ToolArguments& arguments) {
  return {.profile = std::string(arguments.value("profile")),
          .region = std::string(arguments.value("region")),
          .environment_keys = arguments.flag("env-keys"),
          .allow_user_namespace = arguments.flag("allow-user-namespace")};
}

ipc::Status needs_profile(const ToolArguments& arguments) {
  if (arguments.given("profile")) return {};
  return arguments.misuse("--profile names the keys with which AWS is asked");
}

}  // namespace broker
