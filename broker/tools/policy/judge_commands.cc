// explain, test and diff: what policies decide.
#include "host/own_file.h"
#include "study/cases.h"
#include "text/json_line.h"
#include "text/plain_text.h"
#include "tools/mistakes/tell.h"
#include "tools/policy/commands.h"
#include "tools/policy/diff_output.h"
#include "tools/policy/explain_output.h"
#include "tools/policy/options.h"
#include "yaml/document.h"

namespace broker {
namespace {

void add_outcome(const std::string& table, const Policy& policy, const CasesOutcome& outcome, ipc::JsonAnswer& answer) {
  for (const CaseOutcome& each : outcome.cases) {
    if (each.differences.empty()) continue;
    JsonText& finding =
        answer.open_finding("error", "the case " + in_quotes(each.asked->name) + " is answered otherwise");
    finding.text("file", table).number("line", each.asked->line).text("name", each.asked->name);
    finding.text("verdict", each.verdict).open_list("differences");
    for (const std::string& difference : each.differences) finding.text({}, difference);
    finding.close_list().close_object();
  }
  JsonText& json = answer.data();
  json.text("table", table).text("policy", policy.source).text("sha256", policy.sha256);
  json.number("cases", static_cast<std::int64_t>(outcome.cases.size()));
  json.number("failed", static_cast<std::int64_t>(outcome.failed())).open_list("rules_without_a_case");
  for (const std::string& rule : outcome.undecided) json.text({}, rule);
  json.close_list();
}

void say_outcome(const std::string& table, const CasesOutcome& outcome, ToolOutput& out) {
  for (const CaseOutcome& each : outcome.cases) {
    if (each.differences.empty()) continue;
    std::string all;
    for (const std::string& difference : each.differences) all += (all.empty() ? "" : "; ") + difference;
    out.line(harmless(table) + ":" + std::to_string(each.asked->line) + ": " + out.ink(Ink::kBad, "failed") + ": " +
             harmless(in_quotes(each.asked->name)) + ": " + harmless(all));
    out.line("    " + harmless(each.verdict));
  }
  for (const std::string& rule : outcome.undecided) {
    out.line(out.ink(Ink::kQuiet, "note: no case is decided by rule " + in_quotes(rule)));
  }
  const std::size_t failed = outcome.failed();
  out.line(
      harmless(table) + ": " + std::to_string(outcome.cases.size()) + " cases, " +
      (failed == 0 ? out.ink(Ink::kGood, "all as expected") : out.ink(Ink::kBad, std::to_string(failed) + " failed")));
}

}  // namespace

int policy_explain(const ToolArguments& arguments, ToolOutput& out) {
  const ipc::Result<PolicyQuery> query = question_of(arguments);
  if (!query) return refused(out, query.error());
  const ipc::Result<LifetimeWish> wish = lifetime_wish(arguments);
  if (!wish) return refused(out, wish.error());
  const std::optional<PolicyText> read = good_policy(arguments.files().front(), out);
  if (!read) return kToolRefused;
  const Explanation explanation = explain(*read->policy, *query, *wish);
  if (out.json()) {
    add_explanation(*read->policy, explanation, out.answer().data());
  } else {
    say_explanation(*read->policy, explanation, out);
  }
  return kToolGood;
}

int policy_test(const ToolArguments& arguments, ToolOutput& out) {
  const std::string& table = arguments.files().front();
  const ipc::Result<std::string> text = read_whole_file(table, kMaxYamlBytes);
  if (!text) return refused(out, text.error());
  const Read<PolicyCases> cases = load_cases(*text, table);
  if (!cases) {
    tell_mistakes(cases.error(), table, *text, out);
    return kToolRefused;
  }
  if (cases->policy.empty() && !arguments.given("policy")) {
    return refused(out, arguments.misuse("the table names no policy").error());
  }
  const std::string file =
      arguments.given("policy") ? std::string(arguments.value("policy")) : relative_to(table, cases->policy);
  const std::optional<PolicyText> read = good_policy(file, out);
  if (!read) return kToolRefused;
  const CasesOutcome outcome = run_cases(*read->policy, *cases);
  if (out.json()) {
    add_outcome(table, *read->policy, outcome, out.answer());
  } else {
    say_outcome(table, outcome, out);
  }
  return outcome.failed() == 0 ? kToolGood : kToolRefused;
}

int policy_diff(const ToolArguments& arguments, ToolOutput& out) {
  const std::optional<PolicyText> old_text = good_policy(arguments.files()[0], out);
  const std::optional<PolicyText> new_text = good_policy(arguments.files()[1], out);
  if (!old_text || !new_text) return kToolMisused;  // as diff(1): 2 is trouble
  const PolicyDifference difference = compare_policies(*old_text->policy, *new_text->policy);
  if (out.json()) {
    add_difference(difference, out.answer());
  } else {
    say_difference(difference, out);
  }
  return difference.same() ? kToolGood : kToolRefused;
}

}  // namespace broker
