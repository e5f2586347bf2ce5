#include "tools/policy/diff_output.h"

#include "text/json_line.h"
#include "text/plain_text.h"

namespace broker {
namespace {

std::string_view kind_word(RuleChange::Kind kind) {
  switch (kind) {
    case RuleChange::Kind::kAdded:
      return "added";
    case RuleChange::Kind::kRemoved:
      return "removed";
    case RuleChange::Kind::kMoved:
      return "moved";
    case RuleChange::Kind::kChanged:
      return "changed";
  }
  return "changed";
}

bool permits(const std::string& outcome) { return outcome.starts_with("allow"); }

}  // namespace

void say_difference(const PolicyDifference& difference, ToolOutput& out) {
  if (difference.same()) {
    return out.line(difference.same_text ? "the texts are the same"
                                         : "the texts differ, and no rule and no decision does");
  }
  for (const RuleChange& each : difference.rules) {
    const bool one = each.details.size() == 1;
    out.line("rule " + harmless(in_quotes(each.rule)) + " " + out.ink(Ink::kStrong, kind_word(each.kind)) +
             (one ? ": " + harmless(each.details[0]) : ""));
    for (const std::string& detail : each.details) {
      if (!one) out.line("    " + harmless(detail));
    }
  }
  for (const DecisionChange& each : difference.decisions) {
    const bool wider = permits(each.after) && !permits(each.before);
    const bool narrower = permits(each.before) && !permits(each.after);
    const std::string change = each.before + " -> " + each.after;
    const std::string facts = each.facts.empty() ? "" : ", " + each.facts;
    out.line(harmless(each.who + ", " + each.profiles + ", " + each.ways + facts + ": " + each.when + ": ") +
             out.ink(wider      ? Ink::kGood
                     : narrower ? Ink::kBad
                                : Ink::kWarn,
                     change) +
             " (" + harmless(each.rules) + ")");
  }
  if (difference.decisions.empty()) out.line("no decision differs");
  for (const std::string& each : difference.sampled) out.line(out.ink(Ink::kWarn, "note: " + each));
}

void add_difference(const PolicyDifference& difference, ipc::JsonAnswer& answer) {
  if (!difference.same()) answer.open_finding("difference", "the two policies answer differently").close_object();
  ipc::JsonText& json = answer.data();
  json.boolean("same", difference.same()).boolean("same_text", difference.same_text);
  json.open_list("rules");
  for (const RuleChange& each : difference.rules) {
    json.open_object().text("change", kind_word(each.kind)).text("rule", each.rule).open_list("details");
    for (const std::string& detail : each.details) json.text({}, detail);
    json.close_list().close_object();
  }
  json.close_list().open_list("decisions");
  for (const DecisionChange& each : difference.decisions) {
    json.open_object().text("who", each.who).text("profiles", each.profiles).text("ways", each.ways);
    json.text("facts", each.facts).text("when", each.when).text("before", each.before).text("after", each.after);
    json.text("rules", each.rules).close_object();
  }
  json.close_list().open_list("sampled");
  for (const std::string& each : difference.sampled) json.text({}, each);
  json.close_list();
}

}  // namespace broker
