#include "tools/policy/commands.h"

#include "host/own_file.h"
#include "policy/yaml/load.h"
#include "study/lint.h"
#include "study/reference.h"
#include "text/json_line.h"
#include "text/plain_text.h"
#include "tools/mistakes/tell.h"
#include "yaml/document.h"

namespace broker {
namespace {

void add_validated(JsonText& json, const std::string& file, const ipc::Result<PolicyText>& read) {
  const bool good = read && read->policy;
  json.open_object().text("file", file).boolean("good", good);
  if (good) {
    json.number("rules", static_cast<std::int64_t>(read->policy->rules.size())).text("sha256", read->policy->sha256);
  } else if (read) {
    json.number("more", static_cast<std::int64_t>(read->policy.error().more()));  // than the findings tell
  }
  json.close_object();
}

void say_validated(ToolOutput& out, const std::string& file, const ipc::Result<PolicyText>& read) {
  if (!read && out.json()) return add_mistake(read.error(), file, out.answer());
  if (!read) return out.error(read.error());
  if (!read->policy) return tell_mistakes(read->policy.error(), read->file, read->text, out);
  if (out.json()) return;
  const std::size_t rules = read->policy->rules.size();
  out.line(harmless(read->file) + ": " + std::to_string(rules) + (rules == 1 ? " rule" : " rules") + ", sha256 " +
           read->policy->sha256 + ", " + out.ink(Ink::kGood, "good"));
}

Ink ink_of(Severity severity) {
  switch (severity) {
    case Severity::kWrong:
      return Ink::kBad;
    case Severity::kSuspicious:
      return Ink::kWarn;
    case Severity::kHint:
      return Ink::kQuiet;
  }
  return Ink::kNone;
}

std::int64_t count_of(const std::vector<Finding>& findings, Severity severity) {
  std::int64_t count = 0;
  for (const Finding& each : findings) count += row(each.kind).severity == severity;
  return count;
}

constexpr Severity kSeverities[] = {Severity::kWrong, Severity::kSuspicious, Severity::kHint};

void add_findings(const std::string& file, const std::vector<Finding>& findings, ipc::JsonAnswer& answer) {
  for (const Finding& each : findings) {
    const FindingRow& kind = row(each.kind);
    JsonText& json = answer.open_finding(word(kind.severity), each.what, each.next_step);
    json.text("kind", kind.word).text("rule", each.rule).number("line", each.line).text("why", kind.why);
    json.open_list("others");
    for (const std::string& other : each.others) json.text({}, other);
    json.close_list().close_object();
  }
  answer.data().text("file", file);
  for (const Severity each : kSeverities) answer.data().number(word(each), count_of(findings, each));
}

void say_finding(ToolOutput& out, const std::string& file, const Finding& finding) {
  const FindingRow& kind = row(finding.kind);
  const std::string place = file + (finding.line > 0 ? ":" + std::to_string(finding.line) : "") + ": ";
  out.line(out.ink(Ink::kStrong, place) + out.ink(ink_of(kind.severity), word(kind.severity)) + ": " +
           harmless(finding.what) + " " + out.ink(Ink::kQuiet, "[" + std::string(kind.word) + "]"));
  if (!finding.next_step.empty()) out.line("    " + harmless(finding.next_step));
}

}  // namespace

ipc::Result<PolicyText> read_policy_file(const std::string& file) {
  ipc::Result<std::string> text = read_whole_file(file, kMaxYamlBytes);
  if (!text) return std::unexpected(std::move(text.error()));
  Read<Policy> policy = read_policy(*text, file);
  return PolicyText{file, std::move(*text), std::move(policy)};
}

std::optional<PolicyText> good_policy(const std::string& file, ToolOutput& out) {
  ipc::Result<PolicyText> read = read_policy_file(file);
  if (!read) {
    out.error(read.error());
    return std::nullopt;
  }
  if (!read->policy) {
    tell_mistakes(read->policy.error(), read->file, read->text, out);
    return std::nullopt;
  }
  return std::move(*read);
}

int policy_validate(const ToolArguments& arguments, ToolOutput& out) {
  JsonText& json = out.answer().data().open_list("files");
  bool good = true;
  for (const std::string& file : arguments.files()) {
    const ipc::Result<PolicyText> read = read_policy_file(file);
    good &= read && read->policy;
    add_validated(json, file, read);
    say_validated(out, file, read);
  }
  json.close_list();
  return good ? kToolGood : kToolRefused;
}

int policy_schema(const ToolArguments& arguments, ToolOutput& out) {
  if (arguments.flag("json") && arguments.flag("man")) {
    out.error(arguments.misuse("--json and --man are two forms of the same").error());
    return kToolMisused;
  }
  if (arguments.flag("cases") && arguments.flag("man")) {
    out.error(arguments.misuse("the manual page has both languages: leave --cases out").error());
    return kToolMisused;
  }
  const Language language = arguments.flag("cases") ? Language::kCases : Language::kPolicy;
  if (out.json()) {
    add_schema(out.answer().data(), language);
  } else {
    out.raw(arguments.flag("man") ? policy_manual() : schema_markdown(language));
  }
  return kToolGood;
}

int policy_lint(const ToolArguments& arguments, ToolOutput& out) {
  const std::string& file = arguments.files().front();
  const ipc::Result<std::string> text = read_whole_file(file, kMaxYamlBytes);
  if (!text) {
    out.error(text.error());
    return kToolRefused;
  }
  const std::vector<Finding> findings = lint_text(*text, file);
  if (out.json()) {
    add_findings(file, findings, out.answer());
  } else {
    for (const Finding& each : findings) say_finding(out, file, each);
    std::string sum = harmless(file) + ": ";
    for (const Severity each : kSeverities) {
      sum += (each == Severity::kWrong ? "" : ", ") + std::to_string(count_of(findings, each)) + " " +
             std::string(word(each)) + (each == Severity::kHint && count_of(findings, each) != 1 ? "s" : "");
    }
    out.line(sum);
  }
  return any_fault(findings) ? kToolRefused : kToolGood;
}

}  // namespace broker
