#include "ipc/text/trust_statements.h"

#include <vector>

#include "ipc/text/json_string.h"

namespace ipc {
namespace {

// "arn:aws:sts::111122223333:assumed-role/NAME/SESSION" as its parts; no name where it is no such ARN.
struct RoleSession {
  std::string partition, account, name;
};

RoleSession role_session(std::string_view arn) {
  constexpr std::string_view kArn = "arn:", kSts = ":sts::", kRole = ":assumed-role/";
  RoleSession session;
  const std::size_t sts = arn.find(kSts), role = arn.find(kRole);
  if (!arn.starts_with(kArn) || sts == arn.npos || role == arn.npos || role < sts + kSts.size()) return session;
  const std::size_t name = role + kRole.size(), end = arn.find('/', name);
  if (end == arn.npos) return session;
  session.partition = arn.substr(kArn.size(), sts - kArn.size());
  session.account = arn.substr(sts + kSts.size(), role - sts - kSts.size());
  session.name = arn.substr(name, end - name);
  return session;
}

std::string list(const std::vector<std::string>& texts) {
  if (texts.size() == 1) return json_string(texts.front());
  std::string out = "[";
  for (const std::string& text : texts) out += (out.size() > 1 ? ", " : "") + json_string(text);
  return out + "]";
}

struct Statement {
  std::vector<std::string> actions;
  std::vector<std::string> members;  // whole lines behind Action, without the comma
};

std::string policy(const std::vector<Statement>& statements) {
  std::string out = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n";
  for (std::size_t i = 0; i < statements.size(); ++i) {
    out += "    {\n      \"Effect\": \"Allow\",\n      \"Action\": " + list(statements[i].actions);
    for (const std::string& member : statements[i].members) out += ",\n      " + member;
    out += i + 1 < statements.size() ? "\n    },\n" : "\n    }\n";
  }
  return out + "  ]\n}\n";
}

std::vector<std::string> beside_assume_role(const RoleToAssume& role) {
  std::vector<std::string> actions;
  if (role.source_identity) actions.emplace_back("sts:SetSourceIdentity");
  if (role.tags) actions.emplace_back("sts:TagSession");
  return actions;
}

// A session's ARN leaves the path of its role out, and an element Principal takes no pattern: there the account is
// named, and a condition says which role.
std::string principal(const RoleSession& session, const RoleToAssume& role) {
  const std::string arn =
      session.name.empty() ? role.caller_arn : "arn:" + session.partition + ":iam::" + session.account + ":root";
  return "\"Principal\": {\"AWS\": " + json_string(arn) + "}";
}

std::string condition(const RoleSession& session, std::string_view external_id) {
  std::string tests;
  if (!session.name.empty()) {
    const std::string before = "arn:" + session.partition + ":iam::" + session.account + ":role/";
    tests = "\"ArnLike\": {\"aws:PrincipalArn\": " + list({before + session.name, before + "*/" + session.name}) + "}";
  }
  if (!external_id.empty())
    (tests += tests.empty() ? "" : ", ") += "\"StringEquals\": {\"sts:ExternalId\": " + json_string(external_id) + "}";
  return tests.empty() ? "" : "\"Condition\": {" + tests + "}";
}

Statement trust(const RoleToAssume& role, std::vector<std::string> actions, std::string_view external_id) {
  const RoleSession session = role_session(role.caller_arn);
  Statement statement{std::move(actions), {principal(session, role)}};
  if (std::string tests = condition(session, external_id); !tests.empty())
    statement.members.push_back(std::move(tests));
  return statement;
}

}  // namespace

std::string trust_policy_of(const RoleToAssume& role) {
  std::vector<std::string> others = beside_assume_role(role), actions{"sts:AssumeRole"};
  if (role.external_id.empty()) {
    actions.insert(actions.end(), others.begin(), others.end());
    others.clear();
  }
  std::vector<Statement> statements{trust(role, actions, role.external_id)};
  if (!others.empty()) statements.push_back(trust(role, others, ""));
  return policy(statements);
}

std::string caller_policy_for(const RoleToAssume& role) {
  std::vector<std::string> actions{"sts:AssumeRole"};
  for (std::string& action : beside_assume_role(role)) actions.push_back(std::move(action));
  return policy({{actions, {"\"Resource\": " + json_string(role.role_arn)}}});
}

std::string read_parameters_policy(std::span<const std::string> parameter_arns) {
  return policy({{{"ssm:GetParameter", "ssm:GetParameters"},
                  {"\"Resource\": " + list({parameter_arns.begin(), parameter_arns.end()})}}});
}

std::string holder_of_permissions(std::string_view caller_arn) {
  const RoleSession session = role_session(caller_arn);
  if (session.name.empty()) return std::string(caller_arn);
  return "arn:" + session.partition + ":iam::" + session.account + ":role/" + session.name;
}

}  // namespace ipc
