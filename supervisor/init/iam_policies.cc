#include "init/iam_policies.h"

#include <vector>

#include "ipc/text/json_string.h"

namespace supervisor {
namespace {

constexpr std::string_view kStatement = R"({"Effect")";

std::string list(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) out += (out.size() > 1 ? ", " : "") + ipc::json_string(text);
  return out + "]";
}

std::string policy(std::string_view statements) {
  return "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    " + std::string(statements) + "\n  ]\n}\n";
}

std::string allow(const std::vector<std::string>& actions, const std::vector<std::string>& resources) {
  return policy(R"({"Effect": "Allow", "Action": )" + list(actions) + R"(, "Resource": )" + list(resources) + "}");
}

// "aws" of "arn:aws:iam::111122223333:user/marta".
std::string partition_of(const std::string& arn) {
  const std::size_t begin = arn.find(':') + 1, end = arn.find(':', begin);
  return end == arn.npos ? "aws" : arn.substr(begin, end - begin);
}

}  // namespace

// Inside a string of JSON quotes are escaped, so what begins a statement begins one.
std::string trust_policy(const ipc::WhoamiRole& role) {
  std::string statements = role.trust.str();
  const std::string between = "},", broken = "},\n    ";
  for (std::size_t at = 0; (at = statements.find(between + std::string(kStatement), at)) != statements.npos;) {
    statements.replace(at, between.size(), broken);
    at += broken.size();
  }
  return policy(statements);
}

std::string caller_policy(const ipc::WhoamiRole& role) {
  std::vector<std::string> actions{"sts:AssumeRole"};
  if (role.source_identity) actions.emplace_back("sts:SetSourceIdentity");
  if (role.tags) actions.emplace_back("sts:TagSession");
  return allow(actions, {role.role_arn.str()});
}

std::string parameter_policy(const ipc::Whoami& who) {
  const std::string region = who.region.empty() ? "*" : who.region.str();
  const std::string before =
      "arn:" + partition_of(who.arn.str()) + ":ssm:" + region + ":" + who.account.str() + ":parameter/sentinel/";
  return allow({"ssm:GetParameter", "ssm:GetParameters"}, {before + "policies/*", before + "signatures/*"});
}

std::string holder_of_permissions(std::string_view caller_arn) {
  constexpr std::string_view kSts = ":sts:", kSession = ":assumed-role/";
  const std::size_t sts = caller_arn.find(kSts), session = caller_arn.find(kSession), end = caller_arn.rfind('/');
  if (sts == caller_arn.npos || session == caller_arn.npos || end < session + kSession.size())
    return std::string(caller_arn);
  std::string role(caller_arn.substr(0, end));
  role.replace(session, kSession.size(), ":role/");
  return role.replace(sts, kSts.size(), ":iam:");
}

}  // namespace supervisor
