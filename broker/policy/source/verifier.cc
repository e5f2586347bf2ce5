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
  if (!key_.kms.empty()) return by_kms(what, *read, done);
  if (key_.file->verifies(signed_message(read->policy), read->signature)) return admit(what, read->policy, done);
  done(ipc::fail(Fault::kRefused, what + " was not signed with the key " + key_.place, "sign it with that key"));
}

void PolicyVerifier::by_kms(const std::string& what, const SignatureEnvelope& envelope, const Done& done) {
  const std::string message = signed_message(envelope.policy);
  std::string pair = message + envelope.signature;
  if (pair == vouched_) return admit(what, envelope.policy, done);
  if (pair == doubted_ && context_.clock.since_boot() - doubted_at_ < kPause)
    return done(std::unexpected(doubt_.error()));
  Asked asked{what, std::move(pair), envelope.policy, done};
  if (!kms_) return on_kms(asked, std::unexpected(kms_.error()));
  call_ = ask_kms_verify(context_, *kms_, key_.kms, message, envelope.signature,
                         [this, asked = std::move(asked)](const ipc::Status& answer) { on_kms(asked, answer); });
}

void PolicyVerifier::on_kms(const Asked& asked, const ipc::Status& answer) {
  if (answer) {
    vouched_ = asked.pair;
    return admit(asked.what, asked.policy, asked.done);
  }
  ipc::Error error = answer.error();
  error.what = asked.what + " could not be verified: " + error.what;
  doubted_ = asked.pair;
  doubt_ = std::unexpected(error);
  doubted_at_ = context_.clock.since_boot();
  asked.done(std::unexpected(std::move(error)));
}

void PolicyVerifier::admit(const std::string& what, const SignedPolicy& policy, const Done& done) {
  if (const ipc::Status admitted = versions_.admit(policy, what); !admitted)
    return done(std::unexpected(admitted.error()));
  done(policy.version);
}

}  // namespace broker
