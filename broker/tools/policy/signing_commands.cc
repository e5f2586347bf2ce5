// sign and verify: the signatures of policies.
#include <filesystem>
#include <optional>

#include "host/own_file.h"
#include "ipc/terminal/local_time.h"
#include "text/hex.h"
#include "text/json_line.h"
#include "text/plain_text.h"
#include "text/rfc3339.h"
#include "tools/policy/commands.h"
#include "tools/policy/signer.h"
#include "yaml/document.h"

namespace broker {
namespace {

using ipc::Fault;

// ---- sign

// Nothing where there is no signature.
ipc::Result<std::optional<std::string>> envelope_in(const std::string& signature_file) {
  std::error_code failed;
  if (!std::filesystem::exists(signature_file, failed)) return std::nullopt;
  ipc::Result<std::string> text = read_whole_file(signature_file, kMaxEnvelopeBytes);
  if (!text) return std::unexpected(std::move(text.error()));
  return std::optional(std::move(*text));
}

// ---- verify

struct Checked {
  SignatureEnvelope envelope;
  std::string name, key;
};

// Name and hash are those that we asked for and computed; the envelope's own words only have to agree.
ipc::Status check_bound(const SignatureEnvelope& envelope, const std::string& name, const std::string& text) {
  if (envelope.policy.name != name) {
    return ipc::fail(
        Fault::kRefused,
        "the signature is for " + in_quotes(envelope.policy.name) + ", and this policy is " + in_quotes(name),
        "give the name that was signed with --name, or sign this policy");
  }
  if (envelope.policy.hash != sha256_hex(text)) {
    return ipc::fail(Fault::kRefused, "the signature is for another text: the policy was changed after it was signed",
                     "sign it again, or restore the text that was signed");
  }
  return {};
}

struct Verification {
  std::string name, text, envelope, place;
};

ipc::Status kms_agrees(KeyProcess& aws, const std::string& kms, const Verification& v) {
  const ipc::Result<SignatureEnvelope> envelope = parse_envelope(v.envelope, v.place);
  if (!envelope) return std::unexpected(envelope.error());
  const SignedPolicy asked{v.name, envelope->policy.version, sha256_hex(v.text)};
  return verify_by_kms(aws, kms, signed_message(asked), envelope->signature);
}

// Where AWS is needed for the parameter, for KMS or for both.
ipc::Status fetch_and_ask(KeyProcess& aws, Verification& v, const std::string& parameter, const std::string& kms) {
  if (!parameter.empty()) {
    const ipc::Result<ParameterPair> there = aws.parameters(parameter, signature_parameter(parameter));
    if (!there) return std::unexpected(there.error());
    if (!there->first) return std::unexpected(no_parameter(parameter));
    if (!there->second) {
      return ipc::fail(Fault::kRefused,
                       "the policy " + parameter + " is not signed: there is no " + signature_parameter(parameter),
                       "push it with --sign-key or --policy-kms-key");
    }
    v.text = there->first->value;
    v.envelope = there->second->value;
  }
  return kms.empty() ? ipc::Status{} : kms_agrees(aws, kms, v);
}

ipc::Status read_signed_file(const ToolArguments& arguments, Verification& v) {
  const std::string& file = arguments.files().front();
  v.place = arguments.given("signature") ? std::string(arguments.value("signature")) : file + ".sig";
  const ipc::Result<std::string> text = read_whole_file(file, kMaxYamlBytes);
  if (!text) return std::unexpected(text.error());
  const ipc::Result<std::string> envelope = read_whole_file(v.place, kMaxEnvelopeBytes);
  if (!envelope) return std::unexpected(envelope.error());
  v.text = *text;
  v.envelope = *envelope;
  v.name = signed_file_name(arguments, file);
  return {};
}

ipc::Status check_words(const ToolArguments& arguments) {
  // An empty name is none: `--policy-kms-key ""` must not pass for a key.
  const bool parameter = !arguments.value("policy-parameter").empty(), kms = !arguments.value("policy-kms-key").empty();
  if (arguments.files().empty() != parameter) {
    return arguments.misuse("either a FILE or --policy-parameter says which policy");
  }
  if (arguments.given("policy-key") == kms) {
    return arguments.misuse("either --policy-key or --policy-kms-key says by which key");
  }
  if (parameter && arguments.given("signature")) {
    return arguments.misuse("--signature belongs to a FILE; a parameter's lies in Parameter Store");
  }
  return {};
}

// None where KMS holds it.
ipc::Result<std::optional<PublicKey>> key_of(const ToolArguments& arguments) {
  if (!arguments.given("policy-key")) return std::nullopt;
  const std::string file(arguments.value("policy-key"));
  const ipc::Result<std::string> pem = read_whole_file(file, kMaxKeyFileBytes);
  if (!pem) return std::unexpected(pem.error());
  ipc::Result<PublicKey> key = PublicKey::from_pem(*pem, file);
  if (!key) return std::unexpected(key.error());
  return std::optional(std::move(*key));
}

// What is to be verified; from Parameter Store, and by KMS already, where the options say so.
ipc::Result<Verification> collect(const ToolArguments& arguments) {
  const std::string parameter(arguments.value("policy-parameter")), kms(arguments.value("policy-kms-key"));
  Verification v;
  if (parameter.empty()) {
    if (const ipc::Status read = read_signed_file(arguments, v); !read) return std::unexpected(read.error());
  } else {
    v.place = signature_parameter(parameter);
    v.name = arguments.given("name") ? std::string(arguments.value("name")) : signed_name(parameter);
  }
  if (parameter.empty() && kms.empty()) return v;
  if (const ipc::Status given = needs_profile(arguments); !given) return std::unexpected(given.error());
  ipc::Result<KeyProcess> aws = KeyProcess::start(aws_place(arguments));
  if (!aws) return std::unexpected(aws.error());
  if (const ipc::Status asked = fetch_and_ask(*aws, v, parameter, kms); !asked) return std::unexpected(asked.error());
  return v;
}

ipc::Result<Checked> verify(const ToolArguments& arguments) {
  if (const ipc::Status good = check_words(arguments); !good) return std::unexpected(good.error());
  const ipc::Result<std::optional<PublicKey>> key = key_of(arguments);
  if (!key) return std::unexpected(key.error());
  const ipc::Result<Verification> v = collect(arguments);
  if (!v) return std::unexpected(v.error());
  ipc::Result<SignatureEnvelope> envelope = parse_envelope(v->envelope, v->place);
  if (!envelope) return std::unexpected(envelope.error());
  if (const ipc::Status bound = check_bound(*envelope, v->name, v->text); !bound) return std::unexpected(bound.error());
  const SignedPolicy asked{v->name, envelope->policy.version, sha256_hex(v->text)};
  if (*key && !(*key)->verifies(signed_message(asked), envelope->signature)) {
    return ipc::fail(
        Fault::kRefused,
        "the signature in " + v->place + " was not made by the key in " + std::string(arguments.value("policy-key")),
        "check which key signed it, and do not use the policy until you know");
  }
  return Checked{std::move(*envelope), v->name,
                 *key ? (*key)->fingerprint() : std::string(arguments.value("policy-kms-key"))};
}

}  // namespace

int policy_sign(const ToolArguments& arguments, ToolOutput& out) {
  const ipc::Result<Signer> signer = signer_of(arguments);
  if (!signer) return refused(out, signer.error());
  if (!signer->any()) return refused(out, arguments.misuse("--sign-key or --policy-kms-key says what signs").error());
  const std::string& file = arguments.files().front();
  const std::optional<PolicyText> read = good_policy(file, out);
  if (!read) return kToolRefused;
  const std::string target = arguments.given("output") ? std::string(arguments.value("output")) : file + ".sig";
  const ipc::Result<std::uint64_t> wanted = version_option(arguments);
  if (!wanted) return refused(out, wanted.error());
  const ipc::Result<std::optional<std::string>> there = envelope_in(target);
  if (!there) return refused(out, there.error());
  const std::string name = signed_file_name(arguments, file);
  if (const ipc::Status good = check_signed_name(name); !good) return refused(out, good.error());
  std::optional<KeyProcess> aws;
  if (!signer->key) {
    if (const ipc::Status given = needs_profile(arguments); !given) return refused(out, given.error());
    ipc::Result<KeyProcess> started = KeyProcess::start(aws_place(arguments));
    if (!started) return refused(out, started.error());
    aws.emplace(std::move(*started));
  }
  KeyProcess* const kms = aws ? &*aws : nullptr;
  ipc::Result<std::uint64_t> version = *wanted;
  if (*wanted == 0) version = *there ? version_after(*signer, **there, name, target, kms) : 1;
  if (!version) return refused(out, version.error());
  const ipc::Result<SignatureEnvelope> made = sign_policy(*signer, {name, *version, read->policy->sha256}, kms);
  if (!made) return refused(out, made.error());
  const std::string envelope = format_envelope(*made);
  if (const ipc::Status written = write_own_file(target, envelope); !written) return refused(out, written.error());
  const ipc::Result<SignatureEnvelope> read_back = parse_envelope(envelope, target);
  if (!read_back) return refused(out, read_back.error());
  if (out.json()) {
    JsonText& json = out.answer().data();
    json.text("name", name).number("version", static_cast<std::int64_t>(read_back->policy.version));
    json.text("sha256", read_back->policy.hash).text("key_id", read_back->key_id).text("file", target);
    return kToolGood;
  }
  out.line(out.ink(Ink::kGood, "signed") + " " + harmless(in_quotes(name)) + " version " +
           std::to_string(read_back->policy.version) + ", sha256 " + read_back->policy.hash + ": " + harmless(target));
  return kToolGood;
}

int policy_verify(const ToolArguments& arguments, ToolOutput& out) {
  const ipc::Result<Checked> checked = verify(arguments);
  if (!checked) return refused(out, checked.error());
  const SignatureEnvelope& envelope = checked->envelope;
  if (out.json()) {
    JsonText& json = out.answer().data();
    json.text("name", checked->name).number("version", static_cast<std::int64_t>(envelope.policy.version));
    json.text("sha256", envelope.policy.hash).text("signed_at", envelope.signed_at).text("key", checked->key);
    json.text("key_id", envelope.key_id);
    return kToolGood;
  }
  const auto when = read_aws_time(envelope.signed_at);
  out.line(out.ink(Ink::kGood, "good") + ": " + harmless(in_quotes(checked->name)) + " version " +
           std::to_string(envelope.policy.version) + ", sha256 " + envelope.policy.hash + ", signed at " +
           (when ? ipc::local_time(*when) : harmless(envelope.signed_at)) + " by key " + harmless(checked->key));
  return kToolGood;
}

}  // namespace broker
