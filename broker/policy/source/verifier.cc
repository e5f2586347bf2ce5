#include "policy/source/verifier.h"

#include "services/queries.h"
#include "text/hex.h"

namespace broker {
namespace {

using ipc::Fault;

constexpr char kSign[] = "sign it with sentinel policy sign, and put the signature beside it";

ipc::Result<SignatureEnvelope> matching_envelope(const std::string& what, const std::string& name,
                                                 const std::string& text, const std::optional<std::string>& envelope) {
  if (!envelope) return ipc::fail(Fault::kRefused, what + " is not signed, and a signature is demanded here", kSign);
  ipc::Result<SignatureEnvelope> read = parse_envelope(*envelope, "the signature of " + what);
  if (!read) return read;
  if (read->policy.name != name) {
    return ipc::fail(Fault::kRefused, what + " carries the signature of another policy, '" + read->policy.name + "'",
                     "sign it under its own name");
  }
  if (read->policy.hash != sha256_hex(text)) {
    return ipc::fail(Fault::kUnavailable,
                     what +
                         " and its signature do not belong together: the text was changed after it was signed, or "
                         "one of the two is being changed",
                     "try again; if it stays so, sign the policy anew");
  }
  return read;
}

}  // namespace

bool is_torn(const std::string& text, const std::string& envelope) {
  const ipc::Result<SignatureEnvelope> read = parse_envelope(envelope, {});
  return read && read->policy.hash != sha256_hex(text);
}

void PolicyVerifier::verify(const std::string& what, const std::string& name, const std::string& text,
                            const std::optional<std::string>& envelope, const Done& done) {
  if (!enforces()) return done(0);
  const ipc::Result<SignatureEnvelope> read = matching_envelope(what, name, text, envelope);
  if (!read) return done(std::unexpected(read.error()));
  if (key_.kms.empty()) return judge(what, *key_.file, *read, done);
  by_kms(what, *read, done);
}

std::string PolicyVerifier::key_words() const {
  if (!key_.kms.empty()) return "the KMS key " + key_.kms;
  return key_.file ? "the key " + key_.place + ", " + key_.file->fingerprint() : "";
}

void PolicyVerifier::judge(const std::string& what, const PublicKey& key, const SignatureEnvelope& envelope,
                           const Done& done) {
  if (key.verifies(signed_message(envelope.policy), envelope.signature)) return admit(what, envelope.policy, done);
  const std::string place = key_.kms.empty() ? "the key " + key_.place : key_words();
  done(ipc::fail(Fault::kRefused, what + " was not signed with " + place, "sign it with that key"));
}

void PolicyVerifier::by_kms(const std::string& what, const SignatureEnvelope& envelope, const Done& done) {
  if (kms_key_) return judge(what, *kms_key_, envelope, done);
  if (doubted_at_ && context_.clock.since_boot() - *doubted_at_ < kPause) {
    ipc::Error error = doubt_;
    error.what = what + " could not be verified: " + error.what;
    return done(std::unexpected(std::move(error)));
  }
  Asked asked{what, envelope, done};
  if (!kms_) return on_kms(asked, std::unexpected(kms_.error()));
  call_ = ask_kms_public_key(
      context_, *kms_, key_.kms,
      [this, asked = std::move(asked)](const ipc::Result<KmsPublicKey>& answer) { on_kms(asked, answer); });
}

// By the name that was asked for, too: an alias could be made to lead to another key.
ipc::Result<PublicKey> PolicyVerifier::learn(const KmsPublicKey& answer) {
  ipc::Result<PublicKey> key = PublicKey::from_der(answer.der, "the KMS key " + answer.arn);
  if (!key) return key;
  const std::string by_name = key_.kms.starts_with("arn:") ? key_.kms : kms_->signing_region + " " + key_.kms;
  for (const std::string& name : {answer.arn, by_name}) {
    if (ipc::Status pinned = versions_.pin(name, key->fingerprint(), key_.kms); !pinned)
      return std::unexpected(pinned.error());
  }
  return key;
}

void PolicyVerifier::on_kms(const Asked& asked, const ipc::Result<KmsPublicKey>& answer) {
  ipc::Result<PublicKey> key = answer ? learn(*answer) : std::unexpected(answer.error());
  if (key) {
    kms_key_ = std::move(*key);
    return judge(asked.what, *kms_key_, asked.envelope, asked.done);
  }
  ipc::Error error = key.error();
  doubt_ = error;
  doubted_at_ = context_.clock.since_boot();
  error.what = asked.what + " could not be verified: " + error.what;
  asked.done(std::unexpected(std::move(error)));
}

void PolicyVerifier::admit(const std::string& what, const SignedPolicy& policy, const Done& done) {
  if (const ipc::Status admitted = versions_.admit(policy, what); !admitted)
    return done(std::unexpected(admitted.error()));
  done(policy.version);
}

}  // namespace broker
