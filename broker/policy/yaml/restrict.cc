// How much less than the role a rule issues. All of STS's limits are looked at here, so that no request meets them.
//
// Source: docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (Policy, PolicyArns.member.N, Tags.member.N),
// API_Tag.html; docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html (keys without regard to case, no aws:)
#include <algorithm>
#include <memory>
#include <set>

#include "aws/iam_syntax.h"
#include "ipc/text/go_duration.h"
#include "policy/narrowing.h"
#include "policy/yaml/parts.h"
#include "text/ascii.h"
#include "text/ip_address.h"

namespace broker {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr std::size_t kMaxManagedPolicies = 10;
constexpr std::size_t kMaxArn = 2048;
constexpr std::size_t kLeastVpcDigits = 8, kMostVpcDigits = 17;
constexpr minutes kLeastHardExpiry{1};
constexpr hours kMostHardExpiry{12};

bool read_managed_policies(YamlReader& in, const YamlNode& node, Narrowing& out) {
  if (!in.list(node)) return false;
  if (node.children.size() > kMaxManagedPolicies) {
    return in.refuse(node, "there are " + std::to_string(node.children.size()) + " managed policies, and STS takes 10",
                     "join them in fewer policies");
  }
  return read_each(node, [&](const YamlNode& item) {
    std::string arn;
    if (!in.text(item, kMaxArn, arn)) return false;
    if (!is_managed_policy_arn(arn)) {
      return in.refuse(item, in_quotes(arn) + " is not the ARN of a managed policy",
                       "write for example arn:aws:iam::aws:policy/ReadOnlyAccess");
    }
    if (std::ranges::find(out.managed_policies, arn) != out.managed_policies.end()) return in.twice(item);
    out.managed_policies.push_back(std::move(arn));
    return true;
  });
}

bool read_source_ips(YamlReader& in, const YamlNode& node, Narrowing& out) {
  return in.texts(node, out.source_ips, [&](const YamlNode& item, const std::string& text) {
    const auto status = check_ip_network(text);
    return status || in.refuse(item, status.error().what, status.error().next_step);
  });
}

bool is_vpc_id(std::string_view text) {
  constexpr std::string_view kPrefix = "vpc-";
  if (!text.starts_with(kPrefix)) return false;
  text.remove_prefix(kPrefix.size());
  return text.size() >= kLeastVpcDigits && text.size() <= kMostVpcDigits &&
         std::ranges::all_of(text, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

bool read_source_vpcs(YamlReader& in, const YamlNode& node, Narrowing& out) {
  return in.texts(node, out.source_vpcs, [&](const YamlNode& item, const std::string& text) {
    return is_vpc_id(text) || in.refuse(item, in_quotes(text) + " is not the id of a VPC",
                                        "write vpc- and 8 to 17 digits of 0-9a-f, as the console shows it");
  });
}

bool check_tag_key(YamlReader& in, const YamlNode& tag, std::set<std::string>& seen) {
  if (tag.key.empty() || tag.key.size() > kMaxTagKey) {
    return in.refuse_key(tag, "the tag key " + in_quotes(tag.key) + " has not 1 to 128 characters", "change the key");
  }
  if (!is_tag_text(tag.key)) {
    return in.refuse_key(tag, "the tag key " + in_quotes(tag.key) + " has a character that is refused",
                         "use letters, digits, blanks and _.:/=+-@");
  }
  const std::string folded = lowered(tag.key);
  if (folded.starts_with("aws:")) {
    return in.refuse_key(tag, "the tag key " + in_quotes(tag.key) + " starts with \"aws:\", which AWS keeps for itself",
                         "give it another prefix");
  }
  if (seen.insert(folded).second) return true;
  return in.refuse_key(tag, "the tag key " + in_quotes(tag.key) + " stands here twice, case aside", "write it once");
}

bool read_tag_value(YamlReader& in, const YamlNode& tag, std::string& out) {
  const bool is_empty = tag.kind == YamlNode::Kind::kScalar && tag.quoted && tag.text.empty();  // a value of its own
  if (!is_empty && !in.text(tag, kMaxTagValue, out)) return false;
  if (is_tag_text(out)) return true;
  return in.refuse(tag, "the tag value " + in_quotes(out) + " has a character that is refused",
                   "use letters, digits, blanks and _.:/=+-@");
}

bool read_tags(YamlReader& in, const YamlNode& node, Narrowing& out) {
  if (!in.is_mapping(node)) return false;
  if (node.children.empty()) return in.refuse(node, "\"tags\" is empty", "leave the key out if there are none");
  if (node.children.size() > kMaxTags) {
    return in.refuse(node, "there are " + std::to_string(node.children.size()) + " tags, and STS takes 50",
                     "leave some out");
  }
  std::set<std::string> seen;
  return read_each(node, [&](const YamlNode& tag) {
    std::string value;
    const bool good = check_tag_key(in, tag, seen) & read_tag_value(in, tag, value);
    out.tags.emplace_back(tag.key, std::move(value));
    return good;
  });
}

bool read_hard_expiry(YamlReader& in, const YamlNode& node, Narrowing& out) {
  constexpr char kExample[] = "write a duration from 1m to 12h, for example 2m";
  std::string text;
  if (!in.text(node, kMaxName, text)) return false;
  const auto length = ipc::parse_go_duration(text);
  if (!length) return in.refuse(node, length.error().what, kExample);
  if (*length < kLeastHardExpiry || *length > kMostHardExpiry) {
    return in.refuse(node, "a hard expiry of " + in_quotes(text) + " is not from 1m to 12h", kExample);
  }
  out.hard_expiry = std::chrono::floor<std::chrono::seconds>(*length);
  return true;
}

constexpr Field<Narrowing> kRestrict[] = {
    {"session_policy", false, read_session_policy, "mapping",
     "an IAM policy in YAML; the credentials can do what it and the role both allow", list_session_policy_keys},
    {"managed_policies", false, read_managed_policies, "list of texts",
     "ARNs of at most 10 managed policies, which narrow as session_policy does"},
    {"source_ips", false, read_source_ips, "list of texts",
     "networks, as 203.0.113.0/24, from which alone AWS takes calls"},
    {"source_vpcs", false, read_source_vpcs, "list of texts",
     "ids of VPCs, from which alone AWS takes calls; beside source_ips, either will do"},
    {"tags", false, read_tags, "mapping of texts", "session tags, at most 50, which AWS's policies can ask for"},
    {"hard_expiry", false, read_hard_expiry, "duration",
     "from 1m to 12h: so long after the issue AWS itself ends the credentials"},
};

// What allows in an inline session policy and what the managed ones allow is a union; with neither, nothing is left.
bool grants_something(const Narrowing& narrowing) {
  return narrowing.session_policy.empty() || !narrowing.managed_policies.empty() ||
         narrowing.session_policy.contains(R"("Effect":"Allow")");
}

}  // namespace

void list_restrict_keys(SchemaWalk& walk, const std::string& path) { walk.table<kRestrict>(path); }

bool read_restrict(YamlReader& in, const YamlNode& node, Rule& rule) {
  Narrowing narrowing;
  if (!in.mapping(node, kRestrict, narrowing)) return false;
  if (node.children.empty()) {
    return in.refuse(node, "\"restrict\" is empty: it would narrow nothing",
                     "leave the key out, or say what it narrows");
  }
  if (!grants_something(narrowing)) {
    return in.refuse(*std::ranges::find(node.children, "session_policy", &YamlNode::key),
                     "the session policy allows nothing, so that the credentials could do nothing",
                     "add a statement with Effect: Allow; what it allows is cut down to what the role may do");
  }
  const std::size_t size = session_policy_size(narrowing);
  if (size > kMaxSessionPolicy) {
    return in.refuse(node,
                     "what it sends to STS has " + std::to_string(size) + " characters, and " +
                         std::to_string(kMaxSessionPolicy) + " are allowed",
                     "shorten it, or move statements to a managed policy; networks, VPCs and the hard expiry count");
  }
  rule.narrowing = std::make_shared<const Narrowing>(std::move(narrowing));
  return true;
}

}  // namespace broker
