// pull, push, sign and verify: policies in Parameter Store and their signatures.
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "hex.h"
#include "ipc/go_duration.h"
#include "plain_text.h"
#include "policy_commands.h"
#include "policy_lint.h"
#include "policy_signature.h"
#include "time_text.h"
#include "tool_aws.h"
#include "tool_file.h"
#include "yaml_document.h"

namespace broker {
namespace {

using ipc::Fault;

int refused(ToolOutput& out, const ipc::Error& error) {
  out.error(error);
  return error.fault == Fault::kUsage ? kToolMisused : kToolRefused;
}

AwsPlace place_of(const ToolArguments& arguments) {
  return {std::string(arguments.value("profile")), std::string(arguments.value("region"))};
}

ipc::Status needs_profile(const ToolArguments& arguments) {
  if (arguments.given("profile")) return {};
  return arguments.misuse("--profile names the keys with which AWS is asked");
}

// What both halves of a push or a verification agree on.
std::string now_text() {
  return std::string(rfc3339(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())).text());
}

// The name that a file's signature vouches for, where nobody gives another.
std::string absolute_name(const std::string& file) {
  std::error_code failed;
  const std::filesystem::path path = std::filesystem::absolute(file, failed);
  return failed ? file : path.lexically_normal().string();
}

// A parameter that can be written: a name, not an ARN, and not a version of one.
ipc::Result<std::string> plain_parameter(const ToolArguments& arguments) {
  const std::string name(arguments.value("policy-parameter"));
  if (name.empty()) return arguments.misuse("--policy-parameter says which one");
  if (name.find(':') != std::string::npos) {
    return arguments.misuse(in_quotes(name) + " is an ARN, or has a version or label: give the parameter's plain name");
  }
  return name;
}

// ---- signing

// What signs: a key file, read before, or KMS.
struct Signer {
  std::optional<PrivateKey> key;
  std::string kms;
  [[nodiscard]] bool any() const { return key || !kms.empty(); }
};

ipc::Result<Signer> signer_of(const ToolArguments& arguments) {
  if (arguments.given("sign-key") && arguments.given("policy-kms-key")) {
    return arguments.misuse("--sign-key and --policy-kms-key are two keys");
  }
  Signer signer;
  signer.kms = arguments.value("policy-kms-key");
  if (!arguments.given("sign-key")) return signer;
  const std::string file(arguments.value("sign-key"));
  const ipc::Result<std::string> pem = read_whole_file(file, kMaxKeyFileBytes);
  if (!pem) return std::unexpected(pem.error());
  ipc::Result<PrivateKey> key = PrivateKey::from_pem(*pem, file);
  if (!key) return std::unexpected(key.error());
  signer.key.emplace(std::move(*key));
  return signer;
}

// `aws` may be null where a key file signs.
ipc::Result<SignatureEnvelope> sign(const Signer& signer, SignedPolicy policy, AwsSession* aws) {
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

// 0: not given.
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

// Whoever may write the signature's place, but not sign, must not choose what is signed next: the highest version there
// is, signed once, would let no later policy in anywhere.
ipc::Status check_vouched(const Signer& signer, const SignatureEnvelope& there, const std::string& name,
                          const std::string& place, AwsSession* aws) {
  const std::string message = signed_message(there.policy);
  const bool by_key = signer.key && signer.key->verifies(message, there.signature);
  const ipc::Status good = signer.key || !aws ? ipc::Status{} : aws->kms_verify(signer.kms, message, there.signature);
  if (!good && good.error().fault != Fault::kRefused) return good;
  const bool vouched = there.policy.name == name && (signer.key ? by_key : good.has_value());
  if (vouched) return {};
  return ipc::fail(Fault::kRefused,
                   "the signature that is there (" + place + ") was not made with this key for this policy, so that " +
                       "nobody vouches for its version " + std::to_string(there.policy.version),
                   "find out who wrote it, and say the new version with --policy-version");
}

// One more than that of the signature that is there.
ipc::Result<std::uint64_t> version_after(const Signer& signer, std::string_view envelope, const std::string& name,
                                         const std::string& place, AwsSession* aws) {
  const ipc::Result<SignatureEnvelope> there = parse_envelope(envelope, place);
  if (!there) return std::unexpected(there.error());
  if (ipc::Status good = check_vouched(signer, *there, name, place, aws); !good) return std::unexpected(good.error());
  if (there->policy.version < kMaxPolicyVersion) return there->policy.version + 1;
  return ipc::fail(Fault::kRefused, place + " has the highest version that there can be",
                   "sign the policy under another name");
}

// Nothing where there is no signature.
ipc::Result<std::optional<std::string>> envelope_in(const std::string& signature_file) {
  std::error_code failed;
  if (!std::filesystem::exists(signature_file, failed)) return std::nullopt;
  ipc::Result<std::string> text = read_whole_file(signature_file, kMaxEnvelopeBytes);
  if (!text) return std::unexpected(std::move(text.error()));
  return std::optional(std::move(*text));
}

// ---- push

// Lint's wrong findings stop a push: a rule that never decides is no rule that somebody meant.
bool passes_lint(const PolicyText& read, ToolOutput& out) {
  bool good = true;
  for (const Finding& each : lint_policy(*read.policy)) {
    if (row(each.kind).severity != Severity::kWrong) continue;
    good = false;
    out.error({Fault::kConfig, read.file + ":" + std::to_string(each.line) + ": " + each.what, each.next_step, 0});
  }
  return good;
}

ipc::Result<std::uint64_t> version_to_push(AwsSession& aws, const ParameterPair& there, const std::string& name,
                                           const Signer& signer, std::uint64_t wanted) {
  const std::string place = signature_parameter(name);
  if (there.second && !signer.any()) {
    return ipc::fail(Fault::kRefused, "the policy that is there is signed (" + place + "), and this one would not be",
                     "sign it with --sign-key or --policy-kms-key");
  }
  if (wanted > 0) return wanted;
  return there.second ? version_after(signer, there.second->value, signed_name(name), place, &aws) : 1;
}

ipc::Status check_pushed(AwsSession& aws, const std::string& name, const std::string& text,
                         const std::string& envelope) {
  const ipc::Result<ParameterPair> there = aws.parameters(name, signature_parameter(name));
  if (!there) return std::unexpected(there.error());
  const bool policy = there->first && there->first->value == text;
  const bool signature = envelope.empty() || (there->second && there->second->value == envelope);
  if (policy && signature) return {};
  return ipc::fail(Fault::kRefused,
                   std::string("what was written is not what is there now: another ") +
                       (policy ? "signature" : "policy") + " lies in Parameter Store",
                   "somebody else pushed at the same time: pull, compare and push again");
}

// In the keys' process. Answers with a sentence of what was done.
ipc::Result<std::string> push(AwsSession& aws, const std::string& name, const std::string& text, const Signer& signer,
                              std::uint64_t wanted) {
  const std::string signature_name = signature_parameter(name);
  const ipc::Result<ParameterPair> there = aws.parameters(name, signature_name);
  if (!there) return std::unexpected(there.error());
  const ipc::Result<std::uint64_t> version = version_to_push(aws, *there, name, signer, wanted);
  if (!version) return std::unexpected(version.error());
  std::string envelope;
  if (signer.any()) {
    const auto made = sign(signer, {signed_name(name), *version, sha256_hex(text)}, &aws);
    if (!made) return std::unexpected(made.error());
    envelope = format_envelope(*made);
    if (const auto put = aws.put(signature_name, envelope); !put) return std::unexpected(put.error());
  }
  const ipc::Result<std::int64_t> put = aws.put(name, text);
  if (!put) {
    ipc::Error error = put.error();
    if (!envelope.empty()) {
      error.what += "; its signature is written already, so that brokers which demand one refuse the old policy";
      error.next_step = "push again";
    }
    return std::unexpected(std::move(error));
  }
  if (const ipc::Status good = check_pushed(aws, name, text, envelope); !good) return std::unexpected(good.error());
  return "pushed " + name + ": parameter version " + std::to_string(*put) + ", sha256 " + sha256_hex(text) +
         (envelope.empty() ? ", unsigned"
                           : ", signed as policy version " + std::to_string(*version) + " in " + signature_name) +
         "; read back and the same";
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

std::string glued(const Verification& v) { return v.envelope + '\0' + v.text; }

ipc::Status kms_agrees(AwsSession& aws, const std::string& kms, const Verification& v) {
  const ipc::Result<SignatureEnvelope> envelope = parse_envelope(v.envelope, v.place);
  if (!envelope) return std::unexpected(envelope.error());
  const SignedPolicy asked{v.name, envelope->policy.version, sha256_hex(v.text)};
  return aws.kms_verify(kms, signed_message(asked), envelope->signature);
}

// In the keys' process where AWS is needed for the parameter, for KMS or for both.
ipc::Result<std::string> fetch_and_ask(AwsSession& aws, Verification v, const std::string& parameter,
                                       const std::string& kms) {
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
  if (!kms.empty()) {
    if (const ipc::Status good = kms_agrees(aws, kms, v); !good) return std::unexpected(good.error());
  }
  return glued(v);
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
  v.name = arguments.given("name") ? std::string(arguments.value("name")) : absolute_name(file);
  return {};
}

ipc::Result<Checked> verify(const ToolArguments& arguments) {
  const std::string parameter(arguments.value("policy-parameter")), kms(arguments.value("policy-kms-key"));
  if (arguments.files().empty() == parameter.empty()) {
    return arguments.misuse("either a FILE or --policy-parameter says which policy");
  }
  if (arguments.given("policy-key") == !kms.empty()) {
    return arguments.misuse("either --policy-key or --policy-kms-key says by which key");
  }
  if (!parameter.empty() && arguments.given("signature")) {
    return arguments.misuse("--signature belongs to a FILE; a parameter's lies in Parameter Store");
  }
  std::optional<PublicKey> key;
  const std::string key_file(arguments.value("policy-key"));
  if (kms.empty()) {
    const ipc::Result<std::string> pem = read_whole_file(key_file, kMaxKeyFileBytes);
    if (!pem) return std::unexpected(pem.error());
    ipc::Result<PublicKey> read = PublicKey::from_pem(*pem, key_file);
    if (!read) return std::unexpected(read.error());
    key.emplace(std::move(*read));
  }
  Verification v;
  if (parameter.empty()) {
    if (const ipc::Status read = read_signed_file(arguments, v); !read) return std::unexpected(read.error());
  } else {
    v.place = signature_parameter(parameter);
    v.name = arguments.given("name") ? std::string(arguments.value("name")) : signed_name(parameter);
  }
  if (!parameter.empty() || !kms.empty()) {
    if (const ipc::Status given = needs_profile(arguments); !given) return std::unexpected(given.error());
    const ipc::Result<std::string> both =
        with_aws(place_of(arguments), [&](AwsSession& aws) { return fetch_and_ask(aws, v, parameter, kms); });
    if (!both) return std::unexpected(both.error());
    const std::size_t end = both->find('\0');
    v.envelope = both->substr(0, end);
    v.text = both->substr(end + 1);
  }
  ipc::Result<SignatureEnvelope> envelope = parse_envelope(v.envelope, v.place);
  if (!envelope) return std::unexpected(envelope.error());
  if (const ipc::Status bound = check_bound(*envelope, v.name, v.text); !bound) return std::unexpected(bound.error());
  const SignedPolicy asked{v.name, envelope->policy.version, sha256_hex(v.text)};
  if (key && !key->verifies(signed_message(asked), envelope->signature)) {
    return ipc::fail(Fault::kRefused, "the signature in " + v.place + " was not made by the key in " + key_file,
                     "check which key signed it, and do not use the policy until you know");
  }
  return Checked{std::move(*envelope), v.name, key ? key->fingerprint() : kms};
}

}  // namespace

int policy_pull(const ToolArguments& arguments, ToolOutput& out) {
  const std::string name(arguments.value("policy-parameter"));
  if (name.empty()) return refused(out, arguments.misuse("--policy-parameter says which one").error());
  if (const ipc::Status given = needs_profile(arguments); !given) return refused(out, given.error());
  const ipc::Result<std::string> text = with_aws(place_of(arguments), [&](AwsSession& aws) -> ipc::Result<std::string> {
    const ipc::Result<Parameter> parameter = aws.parameter(name);
    if (!parameter) return std::unexpected(parameter.error());
    return parameter->value;
  });
  if (!text) return refused(out, text.error());
  if (arguments.given("output")) {
    const std::string file(arguments.value("output"));
    if (const ipc::Status written = write_own_file(file, *text); !written) return refused(out, written.error());
    out.note("wrote " + name + " to " + file + ", sha256 " + sha256_hex(*text));
    return kToolGood;
  }
  if (::isatty(STDOUT_FILENO) != 1) {
    out.raw(*text);
    return kToolGood;
  }
  // Whoever wrote the parameter does not get to steer this terminal.
  for (std::string_view rest = *text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    out.line(harmless(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return kToolGood;
}

int policy_push(const ToolArguments& arguments, ToolOutput& out) {
  const ipc::Result<std::string> name = plain_parameter(arguments);
  if (!name) return refused(out, name.error());
  if (const ipc::Status given = needs_profile(arguments); !given) return refused(out, given.error());
  const ipc::Result<Signer> signer = signer_of(arguments);
  if (!signer) return refused(out, signer.error());
  const ipc::Result<std::uint64_t> wanted = version_option(arguments);
  if (!wanted) return refused(out, wanted.error());
  if (*wanted > 0 && !signer->any()) {
    return refused(out, arguments.misuse("--policy-version is of a signature, and nothing signs").error());
  }
  const std::optional<PolicyText> read = good_policy(arguments.files().front(), out);
  if (!read || !passes_lint(*read, out)) return kToolRefused;
  const ipc::Result<std::string> done =
      with_aws(place_of(arguments), [&](AwsSession& aws) { return push(aws, *name, read->text, *signer, *wanted); });
  if (!done) return refused(out, done.error());
  out.line(out.ink(Ink::kGood, "good") + ": " + harmless(*done));
  return kToolGood;
}

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
  const std::string name = arguments.given("name") ? std::string(arguments.value("name")) : absolute_name(file);
  if (const ipc::Status good = check_signed_name(name); !good) return refused(out, good.error());
  const auto made = [&](AwsSession* aws) -> ipc::Result<std::string> {
    ipc::Result<std::uint64_t> version = *wanted;
    if (*wanted == 0) version = *there ? version_after(*signer, **there, name, target, aws) : 1;
    if (!version) return std::unexpected(version.error());
    const ipc::Result<SignatureEnvelope> envelope = sign(*signer, {name, *version, read->policy->sha256}, aws);
    if (!envelope) return std::unexpected(envelope.error());
    return format_envelope(*envelope);
  };
  if (signer->key == std::nullopt) {
    if (const ipc::Status given = needs_profile(arguments); !given) return refused(out, given.error());
  }
  const ipc::Result<std::string> envelope =
      signer->key ? made(nullptr) : with_aws(place_of(arguments), [&](AwsSession& aws) { return made(&aws); });
  if (!envelope) return refused(out, envelope.error());
  if (const ipc::Status written = write_own_file(target, *envelope); !written) return refused(out, written.error());
  const ipc::Result<SignatureEnvelope> made_one = parse_envelope(*envelope, target);
  if (!made_one) return refused(out, made_one.error());
  out.line(out.ink(Ink::kGood, "signed") + " " + harmless(in_quotes(name)) + " version " +
           std::to_string(made_one->policy.version) + ", sha256 " + made_one->policy.hash + ": " + harmless(target));
  return kToolGood;
}

int policy_verify(const ToolArguments& arguments, ToolOutput& out) {
  const ipc::Result<Checked> checked = verify(arguments);
  const bool as_json = arguments.flag("json");
  JsonText json;
  json.open_object().boolean("good", checked.has_value());
  if (!checked) {
    json.text("error", checked.error().what).text("next_step", checked.error().next_step).close_object();
    if (as_json) out.raw(std::move(json).finish());
    return refused(out, checked.error());
  }
  const SignatureEnvelope& envelope = checked->envelope;
  json.text("name", checked->name).number("version", static_cast<std::int64_t>(envelope.policy.version));
  json.text("sha256", envelope.policy.hash).text("signed_at", envelope.signed_at).text("key", checked->key);
  json.text("key_id", envelope.key_id).close_object();
  if (as_json) {
    out.raw(std::move(json).finish());
    return kToolGood;
  }
  out.line(out.ink(Ink::kGood, "good") + ": " + harmless(in_quotes(checked->name)) + " version " +
           std::to_string(envelope.policy.version) + ", sha256 " + envelope.policy.hash + ", signed at " +
           harmless(envelope.signed_at) + " by key " + harmless(checked->key));
  return kToolGood;
}

}  // namespace broker
