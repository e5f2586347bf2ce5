#include "policy/yaml/load.h"

#include <utility>

#include "policy/yaml/parts.h"
#include "text/hex.h"

namespace broker {
namespace {

bool read_version(YamlReader& in, const YamlNode& node, Policy&) {
  std::string version;
  if (!in.text(node, kMaxName, version)) return false;
  if (version == "1") return true;
  return in.refuse(node, "version " + in_quotes(version) + " is not supported; only \"1\" is", "write version: \"1\"");
}

constexpr Field<Policy> kPolicy[] = {
    {"version", true, read_version, "text", "the language of this file: \"1\", and no other"},
    {"rules", true, read_rules, "list of rules", "read from the top; the first whose conditions hold decides",
     list_rule_keys},
};

// The version first: another one explains every other difference.
bool read_document(YamlReader& in, const YamlNode& root, Policy& policy) {
  if (root.kind == YamlNode::Kind::kNull) {
    return in.refuse(root, "the policy is empty", "write a version and at least one rule");
  }
  for (const YamlNode& child : root.children) {
    if (child.key == "version" && !read_version(in, child, policy)) return false;
  }
  return in.mapping(root, kPolicy, policy);
}

}  // namespace

Read<Policy> read_policy(std::string_view text, std::string source) {
  Policy policy;
  policy.source = source;
  policy.sha256 = sha256_hex(text);
  Mistakes mistakes;
  if (policy.sha256.empty()) {
    mistakes.add({ipc::Fault::kSystem, source + ": its SHA-256 cannot be computed", {}, 0});
    return std::unexpected(std::move(mistakes));
  }
  return read_yaml(text, std::move(source), std::move(policy), read_document);
}

ipc::Result<Policy> load_policy(std::string_view text, std::string source) {
  return or_first(read_policy(text, std::move(source)));
}

std::vector<SchemaKey> policy_keys() {
  SchemaWalk walk;
  walk.table<kPolicy>("");
  return walk.take();
}

}  // namespace broker
