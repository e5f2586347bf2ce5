// pull and push: policies in Parameter Store.
#include <unistd.h>

#include <algorithm>

#include "host/own_file.h"
#include "study/lint.h"
#include "text/hex.h"
#include "text/json_line.h"
#include "text/plain_text.h"
#include "tools/policy/commands.h"
#include "tools/policy/signer.h"

namespace broker {
namespace {

using ipc::Fault;

// A parameter that can be written: a name, not an ARN, and not a version of one.
ipc::Result<std::string> plain_parameter(const ToolArguments& arguments) {
  const std::string name(arguments.value("policy-parameter"));
  if (name.empty()) return arguments.misuse("--policy-parameter says which one");
  if (name.find(':') != std::string::npos) {
    return arguments.misuse(in_quotes(name) + " is an ARN, or has a version or label: give the parameter's plain name");
  }
  return name;
}

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

ipc::Result<std::uint64_t> version_to_push(KeyProcess& aws, const ParameterPair& there, const std::string& name,
                                           const Signer& signer, std::uint64_t wanted) {
  const std::string place = signature_parameter(name);
  if (there.second && !signer.any()) {
    return ipc::fail(Fault::kRefused, "the policy that is there is signed (" + place + "), and this one would not be",
                     "sign it with --sign-key or --policy-kms-key");
  }
  if (wanted > 0) return wanted;
  return there.second ? version_after(signer, there.second->value, signed_name(name), place, &aws) : 1;
}

ipc::Status check_pushed(KeyProcess& aws, const std::string& name, const std::string& text,
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

struct Pushed {
  std::string name, sha256, signature;  // of the parameters; no signature: unsigned
  std::int64_t parameter_version = 0;
  std::uint64_t policy_version = 0;  // that the signature binds
};

ipc::Result<Pushed> push(KeyProcess& aws, const std::string& name, const std::string& text, const Signer& signer,
                         std::uint64_t wanted) {
  const std::string signature_name = signature_parameter(name);
  const ipc::Result<ParameterPair> there = aws.parameters(name, signature_name);
  if (!there) return std::unexpected(there.error());
  const ipc::Result<std::uint64_t> version = version_to_push(aws, *there, name, signer, wanted);
  if (!version) return std::unexpected(version.error());
  std::string envelope;
  if (signer.any()) {
    const auto made = sign_policy(signer, {signed_name(name), *version, sha256_hex(text)}, &aws);
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
  return Pushed{name, sha256_hex(text), envelope.empty() ? "" : signature_name, *put, *version};
}

std::string pushed_sentence(const Pushed& pushed) {
  return "pushed " + pushed.name + ": parameter version " + std::to_string(pushed.parameter_version) + ", sha256 " +
         pushed.sha256 +
         (pushed.signature.empty()
              ? ", unsigned"
              : ", signed as policy version " + std::to_string(pushed.policy_version) + " in " + pushed.signature) +
         "; read back and the same";
}

void add_pushed(const Pushed& pushed, JsonText& json) {
  json.text("parameter", pushed.name).number("parameter_version", pushed.parameter_version);
  json.text("sha256", pushed.sha256);
  if (!pushed.signature.empty()) {
    json.text("signature", pushed.signature);
    json.number("policy_version", static_cast<std::int64_t>(pushed.policy_version));
  }
}

// What was pulled; with its text, or the file that it went to.
void add_pulled(const std::string& name, const Parameter& parameter, std::string_view file, JsonText& json) {
  json.text("parameter", name).number("parameter_version", parameter.version);
  json.text("sha256", sha256_hex(parameter.value));
  if (file.empty()) json.text("policy", parameter.value);
  if (!file.empty()) json.text("file", file);
}

}  // namespace

int policy_pull(const ToolArguments& arguments, ToolOutput& out) {
  const std::string name(arguments.value("policy-parameter"));
  if (name.empty()) return refused(out, arguments.misuse("--policy-parameter says which one").error());
  if (const ipc::Status given = needs_profile(arguments); !given) return refused(out, given.error());
  ipc::Result<KeyProcess> aws = KeyProcess::start(aws_place(arguments));
  if (!aws) return refused(out, aws.error());
  const ipc::Result<Parameter> parameter = aws->parameter(name);
  if (!parameter) return refused(out, parameter.error());
  const std::string& text = parameter->value;
  if (arguments.given("output")) {
    const std::string file(arguments.value("output"));
    if (const ipc::Status written = write_own_file(file, text); !written) return refused(out, written.error());
    if (out.json()) add_pulled(name, *parameter, file, out.answer().data());
    out.note("wrote " + name + " to " + file + ", sha256 " + sha256_hex(text));
    return kToolGood;
  }
  if (out.json()) {
    add_pulled(name, *parameter, "", out.answer().data());
    return kToolGood;
  }
  if (::isatty(STDOUT_FILENO) != 1) {
    out.raw(text);
    return kToolGood;
  }
  // The parameter's author does not get to steer this terminal.
  for (std::string_view rest = text; !rest.empty();) {
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
  ipc::Result<KeyProcess> aws = KeyProcess::start(aws_place(arguments));
  if (!aws) return refused(out, aws.error());
  const ipc::Result<Pushed> done = push(*aws, *name, read->text, *signer, *wanted);
  if (!done) return refused(out, done.error());
  if (out.json()) {
    add_pushed(*done, out.answer().data());
  } else {
    out.line(out.ink(Ink::kGood, "good") + ": " + harmless(pushed_sentence(*done)));
  }
  return kToolGood;
}

}  // namespace broker
