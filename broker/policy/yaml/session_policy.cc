// A session policy as a rule writes it, in YAML, to the compact JSON that STS wants; its grammar is looked at here,
// because STS would refuse the document only at the request.
//
// Every scalar becomes a JSON string, which IAM reads as a number or a truth where it wants one. Statements and their
// members keep their order; the document itself has the one form of policy/narrowing.h.
// Source: docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html,
// reference_policies_elements_condition_operators.html, reference_policies_elements_sid.html
#include <algorithm>
#include <set>

#include "ipc/text/json_string.h"
#include "policy/narrowing.h"
#include "policy/yaml/parts.h"
#include "text/ascii.h"

namespace broker {
namespace {

using Kind = YamlNode::Kind;

constexpr std::string_view kVersion = "2012-10-17";
constexpr std::string_view kEffects[] = {"Allow", "Deny"};
constexpr std::string_view kOurs = "Sentinel";  // how the Sids of our own statements start

constexpr std::string_view kOperators[] = {"StringEquals",
                                           "StringNotEquals",
                                           "StringEqualsIgnoreCase",
                                           "StringNotEqualsIgnoreCase",
                                           "StringLike",
                                           "StringNotLike",
                                           "NumericEquals",
                                           "NumericNotEquals",
                                           "NumericLessThan",
                                           "NumericLessThanEquals",
                                           "NumericGreaterThan",
                                           "NumericGreaterThanEquals",
                                           "DateEquals",
                                           "DateNotEquals",
                                           "DateLessThan",
                                           "DateLessThanEquals",
                                           "DateGreaterThan",
                                           "DateGreaterThanEquals",
                                           "Bool",
                                           "BinaryEquals",
                                           "IpAddress",
                                           "NotIpAddress",
                                           "ArnEquals",
                                           "ArnLike",
                                           "ArnNotEquals",
                                           "ArnNotLike",
                                           "Null"};

struct Statement {
  std::string json;             // its members so far
  std::set<std::string>* sids;  // of the whole document
  bool action = false, not_action = false, resource = false, not_resource = false;
};

void begin_member(std::string& json, std::string_view key) {
  if (!json.empty() && !json.ends_with('{')) json += ',';
  ipc::append_json_string(json, key);
  json += ':';
}

// STS would take Latin-1 as well, and counts characters; ASCII alone is the same in every count.
bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

using Check = bool (*)(YamlReader& in, const YamlNode& node);

bool append_value(YamlReader& in, const YamlNode& node, Check check, std::string& json) {
  std::string text;
  const bool is_empty = node.kind == Kind::kScalar && node.quoted && node.text.empty();  // a condition may mean it
  if (!is_empty && !in.text(node, kMaxSessionPolicy, text)) return false;
  if (!is_plain(text)) {
    return in.refuse(node, in_quotes(text) + " has a character that is not ASCII", "write it in plain ASCII");
  }
  if (check != nullptr && !check(in, node)) return false;
  ipc::append_json_string(json, text);
  return true;
}

// One value, or a list of them.
bool append_values(YamlReader& in, const YamlNode& node, Check check, std::string& json) {
  if (node.kind != Kind::kList) return append_value(in, node, check, json);
  if (!in.list(node)) return false;
  json += '[';
  const bool good = read_each(node, [&](const YamlNode& item) {
    if (!json.ends_with('[')) json += ',';
    return append_value(in, item, check, json);
  });
  json += ']';
  return good;
}

bool check_action(YamlReader& in, const YamlNode& node) {
  const std::string& text = node.text;
  const std::size_t colon = text.find(':');
  const auto is_allowed = [](char c) { return is_alphanumeric(c) || c == '-' || c == '*' || c == '?' || c == ':'; };
  const bool named = colon != std::string::npos && colon > 0 && colon + 1 < text.size() && colon == text.rfind(':');
  if (text == "*" || (named && std::ranges::all_of(text, is_allowed))) return true;
  return in.refuse(node, in_quotes(text) + " is not an action", "write for example s3:GetObject, s3:Get* or \"*\"");
}

bool check_resource(YamlReader& in, const YamlNode& node) {
  if (node.text == "*" || node.text.starts_with("arn:")) return true;
  return in.refuse(node, in_quotes(node.text) + " is not a resource", "write an ARN, or \"*\" for every one");
}

bool read_sid(YamlReader& in, const YamlNode& node, Statement& out) {
  std::string sid;
  if (!in.text(node, kMaxName, sid)) return false;
  if (!std::ranges::all_of(sid, is_alphanumeric)) {
    return in.refuse(node, "the Sid " + in_quotes(sid) + " has a character that IAM refuses",
                     "use letters and digits alone");
  }
  if (sid.starts_with(kOurs)) {
    return in.refuse(node, "the Sid " + in_quotes(sid) + " starts like those of our own statements",
                     "start it with another word than Sentinel");
  }
  if (!out.sids->insert(sid).second) {
    return in.refuse(node, "the Sid " + in_quotes(sid) + " stands in two statements", "give each its own");
  }
  begin_member(out.json, "Sid");
  ipc::append_json_string(out.json, sid);
  return true;
}

bool read_statement_effect(YamlReader& in, const YamlNode& node, Statement& out) {
  std::size_t index = 0;
  if (!in.one_of(node, kEffects, index)) return false;
  begin_member(out.json, "Effect");
  ipc::append_json_string(out.json, kEffects[index]);
  return true;
}

bool read_what(YamlReader& in, const YamlNode& node, Check check, bool& seen, std::string& json) {
  seen = true;
  begin_member(json, node.key);
  return append_values(in, node, check, json);
}

// The operator without the quantifier before it and the suffix behind it, which most of them may have.
std::string_view bare_operator(std::string_view name) {
  for (const std::string_view quantifier : {"ForAllValues:", "ForAnyValue:"}) {
    if (name.starts_with(quantifier)) name.remove_prefix(quantifier.size());
  }
  constexpr std::string_view kIfExists = "IfExists";
  const std::string_view stem = name.substr(0, name.size() - std::min(name.size(), kIfExists.size()));
  return name.ends_with(kIfExists) && stem != "Null" ? stem : name;
}

bool read_operator(YamlReader& in, const YamlNode& node, std::string& json) {
  const std::string_view bare = bare_operator(node.key);
  if (std::ranges::find(kOperators, bare) == std::end(kOperators)) {
    return in.refuse_key(node, "unknown condition operator " + in_quotes(node.key) + ipc::suggestion(bare, kOperators),
                         "write one of IAM's condition operators exactly so");
  }
  if (!in.is_mapping(node)) return false;
  if (node.children.empty()) return in.refuse(node, in_quotes(node.key) + " is empty", "name a key and its values");
  begin_member(json, node.key);
  json += '{';
  const bool good = read_each(node, [&](const YamlNode& child) {
    if (!child.key.contains(':') || !is_plain(child.key) || child.key.contains(' ')) {
      return in.refuse_key(child, in_quotes(child.key) + " is not a condition key",
                           "write for example aws:SourceIp or s3:prefix");
    }
    begin_member(json, child.key);
    return append_values(in, child, nullptr, json);
  });
  json += '}';
  return good;
}

bool read_condition(YamlReader& in, const YamlNode& node, Statement& out) {
  if (!in.is_mapping(node)) return false;
  if (node.children.empty()) return in.refuse(node, "\"Condition\" is empty", "leave it out if there is none");
  begin_member(out.json, "Condition");
  out.json += '{';
  const bool good = read_each(node, [&](const YamlNode& child) { return read_operator(in, child, out.json); });
  out.json += '}';
  return good;
}

constexpr Field<Statement> kStatement[] = {
    {"Sid", false, read_sid, "text", "its name: letters and digits, and not Sentinel at the start"},
    {"Effect", true, read_statement_effect, "Allow or Deny", "as in IAM"},
    {"Action", false,
     [](YamlReader& in, const YamlNode& n, Statement& s) { return read_what(in, n, check_action, s.action, s.json); },
     "text or list of texts", "as s3:GetObject, s3:Get* or \"*\"; this or NotAction, and not both"},
    {"NotAction", false,
     [](YamlReader& in, const YamlNode& n, Statement& s) {
       return read_what(in, n, check_action, s.not_action, s.json);
     },
     "text or list of texts", "every action but these"},
    {"Resource", false,
     [](YamlReader& in, const YamlNode& n, Statement& s) {
       return read_what(in, n, check_resource, s.resource, s.json);
     },
     "text or list of texts", "an ARN, or \"*\"; this or NotResource, and not both"},
    {"NotResource", false,
     [](YamlReader& in, const YamlNode& n, Statement& s) {
       return read_what(in, n, check_resource, s.not_resource, s.json);
     },
     "text or list of texts", "every resource but these"},
    {"Condition", false, read_condition, "mapping", "IAM's condition operators, each with its keys and their values"},
};
void list_statement_keys(SchemaWalk& walk, const std::string& path) { walk.table<kStatement>(path + "[]"); }

// The grammar's own keys that have no place here get a reason of their own; the statement is read on without them.
bool take_principal(YamlReader& in, YamlNode& node) {
  const auto is_principal = [](const YamlNode& child) {
    return child.key == "Principal" || child.key == "NotPrincipal";
  };
  for (const YamlNode& child : node.children) {
    if (!is_principal(child)) continue;
    in.refuse_key(child, in_quotes(child.key) + " has no place in a session policy",
                  "take it out: the principal is whoever gets the credentials");
  }
  return std::erase_if(node.children, is_principal) == 0;
}

bool names_what(YamlReader& in, const YamlNode& node, const MappingKeys& keys, const Statement& statement) {
  bool good = keys;
  if (keys.sound({"Action", "NotAction"}) && statement.action == statement.not_action) {
    good = in.refuse(node, "a statement needs Action or NotAction, and not both", "say which actions it is about");
  }
  if (keys.sound({"Resource", "NotResource"}) && statement.resource == statement.not_resource) {
    good = in.refuse(node, "a statement needs Resource or NotResource, and not both",
                     "say which resources it is about; \"*\" is every one");
  }
  return good;
}

bool append_statement(YamlReader& in, const YamlNode& node, std::set<std::string>& sids, std::string& json) {
  Statement statement;
  statement.sids = &sids;
  YamlNode rest = node;
  bool good = take_principal(in, rest);
  good &= names_what(in, rest, in.mapping(rest, kStatement, statement), statement);
  json += (json.empty() ? "{" : ",{") + statement.json + "}";
  return good;
}

bool read_document_version(YamlReader& in, const YamlNode& node, std::string&) {
  std::string version;
  if (!in.text(node, kMaxName, version)) return false;
  if (version == kVersion) return true;
  return in.refuse(node, "a session policy of version " + in_quotes(version) + " is not supported",
                   "write Version: \"2012-10-17\", which is the language's version and no date of yours");
}

bool read_statements(YamlReader& in, const YamlNode& node, std::string& json) {
  std::set<std::string> sids;
  if (node.kind == Kind::kMap) return append_statement(in, node, sids, json);
  if (!in.list(node)) return false;
  return read_each(node, [&](const YamlNode& item) { return append_statement(in, item, sids, json); });
}

constexpr Field<std::string> kDocument[] = {
    {"Version", true, read_document_version, "text", "\"2012-10-17\", and no other"},
    {"Statement", true, read_statements, "list of statements", "or one statement alone", list_statement_keys},
};

}  // namespace

void list_session_policy_keys(SchemaWalk& walk, const std::string& path) { walk.table<kDocument>(path); }

bool read_session_policy(YamlReader& in, const YamlNode& node, Narrowing& out) {
  std::string statements;
  if (!in.mapping(node, kDocument, statements)) return false;
  out.session_policy = std::string(kSessionPolicyStart) + statements + std::string(kSessionPolicyEnd);
  return true;
}

}  // namespace broker
