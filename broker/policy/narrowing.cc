#include "policy/narrowing.h"

#include <algorithm>

#include "ipc/text/json_string.h"
#include "policy/name_pattern.h"
#include "text/plain_text.h"
#include "text/rfc3339.h"

namespace broker {
namespace {

// A session policy is intersected with the role's own, so without any Allow nothing would be left.
constexpr std::string_view kAllowAll = R"({"Sid":"SentinelAllow","Effect":"Allow","Action":"*","Resource":"*"})";
constexpr std::string_view kDenyAll = R"({"Sid":"SentinelDeny","Effect":"Deny","Action":"*","Resource":"*"})";

void append_list(std::string& out, const std::vector<std::string>& texts) {
  out += '[';
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) out += ',';
    ipc::append_json_string(out, texts[i]);
  }
  out += ']';
}

// Denies a call that comes from none of the networks and none of the VPCs. One statement, because conditions of one
// statement must all hold: of two statements each would deny what only the other one lets through.
//
// Keys that are absent: a call through a VPC endpoint carries no aws:SourceIp, any other carries no aws:SourceVpc. A
// negated operator holds when its key is absent, so what is missing counts as "not from there" and the call is denied
// unless the other key vouches for it. A rule that lists only networks therefore denies every VPC endpoint, and one
// that lists only VPCs denies everything from outside, as both say.
// A service that calls onward for the caller has neither of these keys for the caller; it says aws:ViaAWSService
// "true" and is let through. Not every service sends that key (EC2 does not), and a plain Bool does not hold without
// it: the Deny would be gone for those services, from any address. BoolIfExists holds, so such a call is denied.
std::string source_statement(const Narrowing& narrowing) {
  std::string out = R"({"Sid":"SentinelSource","Effect":"Deny","Action":"*","Resource":"*","Condition":{)";
  if (!narrowing.source_ips.empty()) {
    out += R"("NotIpAddress":{"aws:SourceIp":)";
    append_list(out, narrowing.source_ips);
    out += "},";
  }
  if (!narrowing.source_vpcs.empty()) {
    out += R"("StringNotEquals":{"aws:SourceVpc":)";
    append_list(out, narrowing.source_vpcs);
    out += "},";
  }
  return out + R"("BoolIfExists":{"aws:ViaAWSService":"false"}}})";
}

std::string hard_end_statement(std::chrono::sys_seconds hard_end) {
  std::string out = R"({"Sid":"SentinelHardEnd","Effect":"Deny","Action":"*","Resource":"*","Condition":)";
  out += R"({"DateGreaterThan":{"aws:CurrentTime":")";
  out += rfc3339(hard_end).text();
  return out + R"("}}})";
}

// Joins statements with commas.
class Statements {
 public:
  void add(std::string_view statement) {
    if (!text_.empty()) text_ += ',';
    text_ += statement;
  }
  [[nodiscard]] bool empty() const { return text_.empty(); }
  [[nodiscard]] std::string document() const {
    return std::string(kSessionPolicyStart) + text_ + std::string(kSessionPolicyEnd);
  }

 private:
  std::string text_;
};

// The statements of the rule's own document; nothing when it is not of our form.
std::optional<std::string_view> own_statements(std::string_view document) {
  if (document.size() <= kSessionPolicyStart.size() + kSessionPolicyEnd.size()) return std::nullopt;
  if (!document.starts_with(kSessionPolicyStart) || !document.ends_with(kSessionPolicyEnd)) return std::nullopt;
  document.remove_prefix(kSessionPolicyStart.size());
  document.remove_suffix(kSessionPolicyEnd.size());
  return document;
}

bool lists(const std::vector<NamePattern>& patterns, std::string_view name) {
  return std::ranges::any_of(patterns, [&](const NamePattern& pattern) { return matches(pattern, name); });
}

bool can_match(const Conditions& conditions, std::string_view profile) {
  return (conditions.profiles.empty() || lists(conditions.profiles, profile)) &&
         !lists(conditions.not_profiles, profile);
}

}  // namespace

std::string session_policy_document(const Narrowing& narrowing, std::optional<std::chrono::sys_seconds> hard_end) {
  Statements statements;
  const bool has_own = !narrowing.session_policy.empty();
  if (has_own) {
    const auto own = own_statements(narrowing.session_policy);
    statements.add(own ? *own : kDenyAll);
  }
  const bool has_source = !narrowing.source_ips.empty() || !narrowing.source_vpcs.empty();
  // With managed policies an Allow of ours would undo them, because what session policies allow is a union.
  if (!has_own && narrowing.managed_policies.empty() && (has_source || hard_end)) statements.add(kAllowAll);
  if (has_source) statements.add(source_statement(narrowing));
  if (hard_end) statements.add(hard_end_statement(*hard_end));
  return statements.empty() ? std::string() : statements.document();
}

std::size_t session_policy_size(const Narrowing& narrowing) {
  constexpr std::chrono::sys_seconds kAnyTime{};  // every moment is written with as many characters
  const auto hard_end = narrowing.hard_expiry ? std::optional(kAnyTime) : std::nullopt;
  std::size_t size = session_policy_document(narrowing, hard_end).size();
  for (const std::string& arn : narrowing.managed_policies) size += arn.size();
  return size;
}

ipc::Status check_profile_can_be_narrowed(const Policy& policy, std::string_view profile, bool has_role,
                                          bool takes_tags) {
  if (has_role && takes_tags) return {};
  for (const Rule& rule : policy.rules) {
    if (!rule.narrowing || !rule.narrowing->any() || !can_match(rule.conditions, profile)) continue;
    const std::string where = policy.source + ":" + std::to_string(rule.line) + ": rule " + in_quotes(rule.name) + ": ";
    if (!has_role) {
      return ipc::fail(ipc::Fault::kConfig,
                       where + "it restricts what is issued for profile " + in_quotes(profile) +
                           ", which has no role, and only a role's credentials can be narrowed",
                       "give the profile a role_arn, or name other profiles in this rule");
    }
    if (rule.narrowing->tags.empty()) continue;
    return ipc::fail(ipc::Fault::kConfig,
                     where + "it sets tags on what is issued for profile " + in_quotes(profile) +
                         ", whose role is assumed with a web identity, and only that identity's token can set tags",
                     "take the tags out of this rule's restrict, or assume a further role with role_arn and "
                     "source_profile");
  }
  return {};
}

}  // namespace broker
