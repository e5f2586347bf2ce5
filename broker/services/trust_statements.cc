#include "services/trust_statements.h"

#include <string_view>

#include "aws/principal.h"
#include "ipc/text/json_string.h"

namespace broker {
namespace {

constexpr std::string_view kSession = ":assumed-role/";
constexpr std::string_view kReservedPath = "AWSReservedSSO_";

std::string pair(std::string_view key, std::string_view value) {
  return ipc::json_string(key) + ':' + ipc::json_string(value);
}

struct Who {
  std::string principal, condition;  // the latter empty, or "ArnLike":{…}
};

// A session's ARN names its role without the role's path. Those of IAM Identity Center have one, whose region differs:
// their names are unique in the account all the same.
Who who_is(std::string_view caller) {
  const std::size_t session = caller.find(kSession);
  if (session == std::string_view::npos) return {std::string(caller), {}};
  std::string role = std::string(without_session_name(caller));
  role.replace(role.find(":sts:"), 5, ":iam:");
  const std::size_t name = role.find(kSession) + kSession.size();
  const std::string before = role.substr(0, name - kSession.size());
  const std::string bare = role.substr(name);
  if (!bare.starts_with(kReservedPath)) return {before + ":role/" + bare, {}};
  return {before + ":root", R"("ArnLike":{)" + pair("aws:PrincipalArn", before + ":role/*/" + bare) + "}"};
}

std::string statement(const Who& who, std::string_view action, const std::string& condition) {
  std::string text = R"({"Effect":"Allow","Principal":{)" + pair("AWS", who.principal) + "}," + pair("Action", action);
  std::string conditions = who.condition;
  if (!condition.empty()) (conditions += conditions.empty() ? "" : ",") += condition;
  if (!conditions.empty()) text += R"(,"Condition":{)" + conditions + "}";
  return text + "}";
}

}  // namespace

std::string trust_statements(const TrustNeeds& needs) {
  if (needs.caller.empty()) return {};
  const Who who = who_is(needs.caller);
  const std::string id =
      needs.external_id.empty() ? "" : R"("StringEquals":{)" + pair("sts:ExternalId", needs.external_id) + "}";
  std::string text = statement(who, "sts:AssumeRole", id);
  if (!needs.source_names.empty()) {
    text += "," + statement(who, "sts:SetSourceIdentity",
                            R"("StringLike":{)" + pair("sts:SourceIdentity", needs.source_names) + "}");
  }
  if (needs.tags) text += "," + statement(who, "sts:TagSession", {});
  return text;
}

}  // namespace broker
