#include "tools/policy/explain_output.h"

#include "study/members.h"
#include "text/json_line.h"
#include "text/plain_text.h"
#include "text/rfc3339.h"

namespace broker {
namespace {

std::string or_unknown(const std::string& text) { return text.empty() ? "unknown" : text; }

std::string question(const PolicyQuery& query) {
  std::string text = "user " + (query.user.empty() ? "without a name" : in_quotes(query.user)) + ", profile " +
                     in_quotes(query.profile) + ", mode " + std::string(word(query.mode));
  if (query.transport) text += ", by " + std::string(word(*query.transport));
  text += ", at " + std::string(rfc3339(query.now).text());
  return text;
}

std::string facts(const PolicyQuery& query) {
  std::string groups = "unknown";
  if (query.groups) {
    groups = query.groups->empty() ? "none" : "";
    for (const std::string& each : *query.groups) groups += (groups.empty() ? "" : ", ") + each;
  }
  return "account " + or_unknown(query.account) + "; ARN " + or_unknown(query.arn) + "; groups " + groups +
         "; device " + (query.posture ? "as given" : "unknown") + "; session table " +
         (query.session_table.empty() ? "none" : query.session_table);
}

Ink ink_of(const Verdict& verdict) {
  if (verdict.allowed) return Ink::kGood;
  return verdict.effect == word(Effect::kRequireApproval) ? Ink::kWarn : Ink::kBad;
}

// What follows from the verdict, as (key, words).
Members consequences(const Verdict& verdict) {
  Members out;
  if (verdict.max_server_duration) out.emplace_back("max_server_duration", in_words(*verdict.max_server_duration));
  if (verdict.max_duration) out.emplace_back("max_duration", in_words(*verdict.max_duration));
  if (verdict.requires_server_mode) out.emplace_back("needs", "server mode: sentinel exec --server");
  if (verdict.requires_session_tracking) out.emplace_back("needs", "a tracked session");
  if (!verdict.session_table.empty()) out.emplace_back("session_table", verdict.session_table);
  if (verdict.source_identity != SourceIdentity::kRequired)
    out.emplace_back("source_identity", std::string(word(verdict.source_identity)));
  if (verdict.narrowing) {
    for (auto& [key, value] : members_of(*verdict.narrowing)) out.emplace_back("restrict." + key, std::move(value));
  }
  return out;
}

void put_query(JsonText& json, const PolicyQuery& query) {
  json.open_object("query").text("user", query.user).text("profile", query.profile).text("mode", word(query.mode));
  json.text("at", rfc3339(query.now).text());
  if (query.transport) json.text("transport", word(*query.transport));
  if (!query.account.empty()) json.text("account", query.account);
  if (!query.arn.empty()) json.text("arn", query.arn);
  if (query.groups) {
    json.open_list("groups");
    for (const std::string& each : *query.groups) json.text({}, each);
    json.close_list();
  }
  json.boolean("posture_known", query.posture.has_value());
  if (!query.session_table.empty()) json.text("session_table", query.session_table);
  json.close_object();
}

void put_verdict(JsonText& json, const Policy& policy, const Verdict& verdict) {
  json.open_object("verdict").boolean("allowed", verdict.allowed).text("effect", verdict.effect);
  if (const Rule* const rule = deciding_rule(policy, verdict)) {
    json.text("rule", verdict.rule).number("rule_index", verdict.rule_index).number("line", rule->line);
  } else {
    json.nothing("rule").number("rule_index", -1);
  }
  json.text("reason", verdict.reason);
  json.boolean("requires_server_mode", verdict.requires_server_mode);
  json.boolean("requires_session_tracking", verdict.requires_session_tracking);
  if (verdict.max_server_duration) json.number("max_server_duration", verdict.max_server_duration->count());
  if (verdict.max_duration) json.number("max_duration", verdict.max_duration->count());
  if (!verdict.session_table.empty()) json.text("session_table", verdict.session_table);
  json.text("source_identity", word(verdict.source_identity));
  if (verdict.narrowing) {
    json.open_object("restrict");
    for (const auto& [key, value] : members_of(*verdict.narrowing)) json.text(key, value);
    json.close_object();
  }
  json.close_object();
}

void put_lifetime(JsonText& json, const Explanation& explanation) {
  if (!explanation.lifetime) return void(json.nothing("lifetime"));
  const auto& [lifetime, assumed] = *explanation.lifetime;
  json.open_object("lifetime").boolean("good", lifetime.has_value());
  if (lifetime) {
    json.number("asked", lifetime->asked.count()).number("granted", lifetime->granted.count());
    json.boolean("hard_end", lifetime->hard_end);
    json.text("ends", rfc3339(explanation.query.now + lifetime->granted).text());
  } else {
    json.text("error", lifetime.error().what).text("next_step", lifetime.error().next_step);
  }
  json.open_list("assumed");
  for (const std::string& each : assumed) json.text({}, each);
  json.close_list().close_object();
}

void say_lifetime(const Explanation& explanation, ToolOutput& out) {
  if (!explanation.lifetime) return;
  const auto& [lifetime, assumed] = *explanation.lifetime;
  if (lifetime) {
    out.line("  lifetime: " + in_words(*lifetime, explanation.query.now));
  } else {
    out.line("  lifetime: " + out.ink(Ink::kBad, "none") +
             ", and nothing is issued: " + harmless(lifetime.error().what));
    if (!lifetime.error().next_step.empty()) out.line("      " + harmless(lifetime.error().next_step));
  }
  for (const std::string& each : assumed) out.line("      assumed: " + harmless(each));
}

}  // namespace

void say_explanation(const Policy& policy, const Explanation& explanation, ToolOutput& out) {
  const Verdict& verdict = explanation.verdict;
  const std::string all = verdict_in_words(policy, verdict);
  out.line(out.ink(ink_of(verdict), verdict.effect) + harmless(std::string_view(all).substr(verdict.effect.size())));
  out.line("  asked: " + harmless(question(explanation.query)));
  out.line("  known: " + harmless(facts(explanation.query)));
  for (const auto& [key, value] : consequences(verdict)) out.line("  " + harmless(key) + ": " + harmless(value));
  say_lifetime(explanation, out);
  for (const PassedOver& each : explanation.trace.passed_over) {
    out.line("  " + out.ink(Ink::kQuiet, rule_in_words(policy, each.rule_index)) +
             " was passed over: " + harmless(each.why));
  }
  const Rule* const rule = deciding_rule(policy, verdict);
  if (rule == nullptr) {
    return out.line("  " + out.ink(Ink::kStrong, "no rule") + " decided, and what no rule allows is denied");
  }
  out.line("  " + out.ink(Ink::kStrong, rule_in_words(policy, verdict.rule_index)) + " decided:");
  for (const auto& [key, value] : members_of(*rule)) out.line("      " + harmless(key) + ": " + harmless(value));
  for (const std::string& each : explanation.trace.assumed) {
    out.line("      held against the caller, because it denies: " + harmless(each));
  }
  const std::size_t unread = policy.rules.size() - 1 - static_cast<std::size_t>(verdict.rule_index);
  if (unread > 0) out.line("  rules after it were not read: " + std::to_string(unread));
}

void add_explanation(const Policy& policy, const Explanation& explanation, JsonText& json) {
  json.text("policy", policy.source).text("sha256", policy.sha256);
  put_query(json, explanation.query);
  put_verdict(json, policy, explanation.verdict);
  json.open_list("passed_over");
  for (const PassedOver& each : explanation.trace.passed_over) {
    const Rule& rule = policy.rules[static_cast<std::size_t>(each.rule_index)];
    json.open_object().text("rule", rule.name).number("rule_index", each.rule_index).number("line", rule.line);
    json.text("condition", word(each.condition)).boolean("unknown", each.unknown).text("why", each.why).close_object();
  }
  json.close_list();
  put_lifetime(json, explanation);
  json.open_list("assumed");
  for (const std::string& each : explanation.trace.assumed) json.text({}, each);
  json.close_list();
}

}  // namespace broker
