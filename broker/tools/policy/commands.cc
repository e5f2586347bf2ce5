#include "tools/policy/commands.h"

#include "host/own_file.h"
#include "policy/yaml/document.h"
#include "policy/yaml/load.h"
#include "study/error_place.h"
#include "study/lint.h"
#include "study/reference.h"
#include "text/json_line.h"
#include "text/plain_text.h"

namespace broker {
namespace {

void put_error(JsonText& json, const ipc::Error& error, std::string_view source) {
  const ErrorPlace place = place_of(error, source);
  if (place.line > 0) json.number("line", place.line);
  if (place.column > 0) json.number("column", place.column);
  json.text("error", place.reason).text("next_step", error.next_step);
}

// The first mistake's members stand in the object itself, all of them in `mistakes`.
void put_mistakes(JsonText& json, const Mistakes& mistakes, std::string_view source) {
  put_error(json, mistakes.first(), source);
  json.open_list("mistakes");
  for (const ipc::Error& each : mistakes.told()) {
    json.open_object();
    put_error(json, each, source);
    json.close_object();
  }
  json.close_list().number("more", static_cast<std::int64_t>(mistakes.more()));
}

void put_validated(JsonText& json, const std::string& file, const ipc::Result<PolicyText>& read) {
  json.open_object().text("file", file);
  if (!read) {
    json.boolean("good", false);
    put_error(json, read.error(), file);
  } else if (!read->policy) {
    json.boolean("good", false);
    put_mistakes(json, read->policy.error(), file);
  } else {
    json.boolean("good", true)
        .number("rules", static_cast<std::int64_t>(read->policy->rules.size()))
        .text("sha256", read->policy->sha256);
  }
  json.close_object();
}

void say_validated(ToolOutput& out, const ipc::Result<PolicyText>& read) {
  if (!read) return out.error(read.error());
  if (!read->policy) return tell_mistakes(read->policy.error(), read->file, read->text, out);
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

std::string findings_json(const std::string& file, const std::vector<Finding>& findings) {
  JsonText json;
  json.open_object().text("file", file).boolean("good", !any_fault(findings));
  for (const Severity each : kSeverities) json.number(word(each), count_of(findings, each));
  json.open_list("findings");
  for (const Finding& each : findings) {
    const FindingRow& kind = row(each.kind);
    json.open_object().text("kind", kind.word).text("severity", word(kind.severity));
    json.text("rule", each.rule).number("line", each.line).text("what", each.what).text("why", kind.why);
    json.text("next_step", each.next_step).open_list("others");
    for (const std::string& other : each.others) json.text({}, other);
    json.close_list().close_object();
  }
  json.close_list().close_object();
  return std::move(json).finish();
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

void tell_mistakes(const Mistakes& mistakes, const std::string& file, std::string_view text, ToolOutput& out) {
  for (const ipc::Error& each : mistakes.told()) {
    const ErrorPlace place = place_of(each, file);
    out.note(each.what);
    if (place.line > 0) {
      const ShownLine shown = show_line(text, place);
      out.quote(shown.text, shown.caret);
    }
    if (!each.next_step.empty()) out.note("  " + each.next_step);
  }
  if (mistakes.more() == 0) return;
  out.note(file + ": and " + std::to_string(mistakes.more()) + " more; correct these, then validate it again");
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
  JsonText json;
  json.open_object().open_list("files");
  bool good = true;
  for (const std::string& file : arguments.files()) {
    const ipc::Result<PolicyText> read = read_policy_file(file);
    good &= read && read->policy;
    if (arguments.flag("json")) {
      put_validated(json, file, read);
    } else {
      say_validated(out, read);
    }
  }
  json.close_list().boolean("good", good).close_object();
  if (arguments.flag("json")) out.raw(std::move(json).finish());
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
  out.raw(arguments.flag("man")    ? policy_manual()
          : arguments.flag("json") ? schema_json(language)
                                   : schema_markdown(language));
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
  if (arguments.flag("json")) {
    out.raw(findings_json(file, findings));
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
