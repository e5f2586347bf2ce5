// explain, test and diff: what policies decide.
#include "host/own_file.h"
#include "policy/yaml/document.h"
#include "study/cases.h"
#include "text/json_line.h"
#include "text/plain_text.h"
#include "tools/policy/commands.h"
#include "tools/policy/diff_output.h"
#include "tools/policy/explain_output.h"
#include "tools/policy/options.h"

namespace broker {
namespace {

std::string outcome_json(const std::string& table, const Policy& policy, const CasesOutcome& outcome) {
  JsonText json;
  json.open_object().text("table", table).text("policy", policy.source).text("sha256", policy.sha256);
  json.boolean("good", outcome.failed() == 0);
  json.number("cases", static_cast<std::int64_t>(outcome.cases.size()));
  json.number("failed", static_cast<std::int64_t>(outcome.failed())).open_list("failures");
  for (const CaseOutcome& each : outcome.cases) {
    if (each.differences.empty()) continue;
    json.open_object().text("name", each.asked->name).number("line", each.asked->line).text("verdict", each.verdict);
    json.open_list("differences");
    for (const std::string& difference : each.differences) json.text({}, difference);
    json.close_list().close_object();
  }
  json.close_list().open_list("rules_without_a_case");
  for (const std::string& rule : outcome.undecided) json.text({}, rule);
  json.close_list().close_object();
  return std::move(json).finish();
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
  if (arguments.flag("json")) {
    out.raw(explanation_json(*read->policy, explanation));
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
  if (arguments.flag("json")) {
    out.raw(outcome_json(table, *read->policy, outcome));
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
  if (arguments.flag("json")) {
    out.raw(difference_json(difference));
  } else {
    say_difference(difference, out);
  }
  return difference.same() ? kToolGood : kToolRefused;
}

}  // namespace broker
