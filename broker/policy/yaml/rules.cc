// The ordered rules of a policy: what each decides, for how long at most, and what it narrows.
#include <algorithm>
#include <map>

#include "ipc/text/go_duration.h"
#include "policy/yaml/parts.h"
#include "text/ascii.h"

namespace broker {
namespace {

constexpr std::size_t kMaxReason = 1024;
constexpr std::size_t kMaxRules = 10'000;

bool read_effect(YamlReader& in, const YamlNode& node, Rule& rule) {
  std::size_t index = 0;
  if (!in.one_of(node, kEffectWords, index)) return false;
  rule.effect = static_cast<Effect>(index);
  return true;
}

bool read_source_identity(YamlReader& in, const YamlNode& node, Rule& rule) {
  std::size_t index = 0;
  if (!in.one_of(node, kSourceIdentityWords, index)) return false;
  rule.source_identity = static_cast<SourceIdentity>(index);
  return true;
}

// A reason may be a block of lines; it is told in one.
bool read_reason(YamlReader& in, const YamlNode& node, Rule& rule) {
  YamlNode one_line = node;
  std::string& text = one_line.text;
  while (text.ends_with('\n')) text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return in.text(one_line, kMaxReason, rule.reason);
}

constexpr Field<Rule> kRule[] = {
    {"name", true, [](YamlReader& in, const YamlNode& n, Rule& r) { return in.text(n, kMaxName, r.name); }, "text",
     "what the decision log calls the rule; no two rules share one"},
    {"effect", true, read_effect, "effect", "what the rule decides"},
    {"reason", false, read_reason, "text", "told to those who are refused, and written to the log; at most 1024 bytes"},
    {"max_server_duration", false,
     [](YamlReader& in, const YamlNode& n, Rule& r) { return read_duration(in, n, r.max_server_duration); }, "duration",
     "the longest lifetime of credentials in mode server"},
    {"max_duration", false,
     [](YamlReader& in, const YamlNode& n, Rule& r) { return read_duration(in, n, r.max_duration); }, "duration",
     "the longest lifetime of credentials in every mode"},
    {"session_table", false,
     [](YamlReader& in, const YamlNode& n, Rule& r) { return in.text(n, kMaxName, r.session_table); }, "text",
     "the DynamoDB table in which a run under this rule is tracked, before that of --session-table; "
     "require_server_session needs it"},
    {"source_identity", false, read_source_identity, "source identity",
     "whether each role session carries the name of who asked, as SourceIdentity; required unless it is said"},
    {"conditions", true, read_conditions, "mapping",
     "all of them must hold; one at least of profiles, not_profiles, users, not_users, arns, accounts, groups and time "
     "is there",
     list_condition_keys},
    {"restrict", false, read_restrict, "mapping",
     "how much less than the profile's role the credentials can do; not in a rule that denies", list_restrict_keys},
};

// Whether the rule's session policy looks at the name: what it denies by that it does not deny a session without one.
// Keys of conditions and variables are the same in any case.
bool looks_at_source_identity(const Rule& rule) {
  return rule.narrowing && lowered(rule.narrowing->session_policy).contains("sourceidentity");
}

// A rule that narrows or asks for consent must not grow wider because a session has no name.
bool check_source_identity(YamlReader& in, const YamlNode& node, const Rule& rule) {
  if (rule.source_identity == SourceIdentity::kRequired) return true;
  const YamlNode& at = *std::ranges::find(node.children, "source_identity", &YamlNode::key);
  const std::string what = "\"source_identity: " + std::string(word(rule.source_identity)) + "\" ";
  if (rule.effect == Effect::kDeny) {
    return in.refuse_key(at, what + "stands in a rule that denies, which never issues anything",
                         "take it out, or change the effect");
  }
  if (rule.effect == Effect::kRequireApproval) {
    return in.refuse_key(at, what + "stands in a rule that asks for approval: the source identity names the approval",
                         "take it out: required is what holds without it");
  }
  if (!looks_at_source_identity(rule)) return true;
  return in.refuse_key(at, what + "stands beside a session policy that looks at the source identity",
                       "take it out, or let the session policy do without aws:SourceIdentity and sts:SourceIdentity");
}

bool read_rule(YamlReader& in, const YamlNode& node, Rule& rule) {
  rule.line = node.line;
  const MappingKeys keys = in.mapping(node, kRule, rule);
  if (keys.sound({"effect", "source_identity", "restrict"}) && !check_source_identity(in, node, rule)) return false;
  if (!keys.sound({"effect", "restrict"}) || rule.effect != Effect::kDeny || !rule.narrowing) return keys;
  return in.refuse_key(*std::ranges::find(node.children, "restrict", &YamlNode::key),
                       "\"restrict\" stands in a rule that denies, which never issues anything",
                       "take it out, or change the effect");
}

// What an error calls a rule: its name if it has one, else its place.
std::string rule_context(const YamlNode& node, std::size_t index) {
  for (const YamlNode& child : node.children) {
    if (child.key == "name" && !child.text.empty()) return "rule " + in_quotes(child.text) + ": ";
  }
  return "rule " + std::to_string(index + 1) + ": ";
}

// Not list(): there may be more rules than a list of names has entries.
bool is_list_of_rules(YamlReader& in, const YamlNode& node) {
  if (node.kind == YamlNode::Kind::kList && node.children.empty()) {
    return in.refuse(node, "\"rules\" is empty: nobody would ever be allowed anything", "write at least one rule");
  }
  if (node.kind != YamlNode::Kind::kList) return in.list(node);
  if (node.children.size() <= kMaxRules) return true;
  return in.refuse(node, "there are more than 10000 rules", "let one rule name several profiles or users");
}

}  // namespace

void list_rule_keys(SchemaWalk& walk, const std::string& path) { walk.table<kRule>(path + "[]"); }

bool read_duration(YamlReader& in, const YamlNode& node, std::optional<std::chrono::seconds>& out) {
  constexpr char kExample[] = "write for example 20m, or \"0\" in quotes for no cap";
  std::string text;
  if (!in.text(node, kMaxName, text)) return false;
  const auto length = ipc::parse_go_duration(text);
  if (!length) {
    const std::string& next_step = length.error().next_step;
    return in.refuse(node, length.error().what, next_step.empty() ? kExample : next_step);
  }
  if (length->count() < 0) return in.refuse(node, in_quotes(text) + " is negative", "leave the key out for no cap");
  const bool bare = text == "0" && !node.quoted;   // a number, which has no unit
  if (length->count() == 0 && !bare) return true;  // a duration of nothing, such as 0s: no cap
  const auto seconds = std::chrono::floor<std::chrono::seconds>(*length);
  if (seconds.count() > 0) return out = seconds, true;
  return in.refuse(node, in_quotes(text) + (bare ? " has no unit" : " is shorter than a second"), kExample);
}

bool read_rules(YamlReader& in, const YamlNode& node, Policy& policy) {
  if (!is_list_of_rules(in, node)) return false;
  policy.rules.reserve(node.children.size());
  std::map<std::string, int> lines;  // rule name to where it stands
  std::size_t index = 0;
  const bool good = read_each(node, [&](const YamlNode& item) {
    in.set_context(rule_context(item, index++));
    Rule rule;
    const bool is_good = read_rule(in, item, rule);
    if (rule.name.empty()) return is_good;
    const auto [first, is_new] = lines.emplace(rule.name, rule.line);
    if (!is_new) {
      return in.refuse(item, "another rule of this name starts in line " + std::to_string(first->second),
                       "give each rule its own name, because the decision log tells rules apart by it");
    }
    policy.rules.push_back(std::move(rule));
    return is_good;
  });
  in.set_context("");
  return good;
}

}  // namespace broker
