// The policy that judges every user of the host: where it is, and who must have signed it.
#include "host_config/parts.h"
#include "ipc/task_limits.h"

namespace broker {
namespace {

constexpr std::size_t kMaxParameter = 1024, kMaxKmsKey = 2048;  // as the fields of a run's task have them

bool read_long(YamlReader& in, const YamlNode& node, std::size_t most, PlacedText& out) {
  if (!in.text(node, most, out.text)) return false;
  out.place = in.place(node);
  return true;
}

constexpr HostField<HostPolicy> kSignedBy[] = {
    {"kms_key", false,
     [](YamlReader& in, const YamlNode& n, HostPolicy& p) { return read_long(in, n, kMaxKmsKey, p.kms_key); }, "text",
     "the KMS key: its id, ARN or alias"},
    {"key_file", false, [](YamlReader& in, const YamlNode& n, HostPolicy& p) { return read_path(in, n, p.key_file); },
     "absolute path", "the file of the public key (PEM), which is root's alone to write"},
};

bool read_signed_by(YamlReader& in, const YamlNode& node, HostPolicy& policy) {
  if (!in.mapping(node, kSignedBy, policy)) return false;
  if (policy.kms_key.text.empty() != policy.key_file.text.empty()) return true;
  return in.refuse(node, "signed_by names one key", "write either kms_key or key_file");
}

constexpr HostField<HostPolicy> kPolicy[] = {
    {"parameter", false,
     [](YamlReader& in, const YamlNode& n, HostPolicy& p) { return read_long(in, n, kMaxParameter, p.parameter); },
     "text", "the SSM parameter that holds the policy; either this or file"},
    {"file", false, [](YamlReader& in, const YamlNode& n, HostPolicy& p) { return read_path(in, n, p.file); },
     "absolute path", "the file that holds the policy, which is root's alone to write"},
    {"profile", false, [](YamlReader& in, const YamlNode& n, HostPolicy& p) { return read_placed(in, n, p.profile); },
     "profile", "whose base key, before any role, reads the parameter and asks KMS"},
    {"signed_by", false, read_signed_by, "mapping", "the key that must have signed the policy: one of the two below",
     [](SchemaWalk& walk, const std::string& path) { walk.table<kSignedBy>(path); }},
    {"poll", false,
     [](YamlReader& in, const YamlNode& n, HostPolicy& p) { return read_seconds(in, n, ipc::kPolicyPoll, p.poll); },
     "duration", "time between two looks at the parameter, from 5s to 1h; 60s where it is left out"},
    {"max_age", false,
     [](YamlReader& in, const YamlNode& n, HostPolicy& p) { return read_seconds(in, n, ipc::kPolicyAge, p.max_age); },
     "duration",
     "how old a policy may grow while the parameter cannot be read, at most 24h; then every request is refused; 5m "
     "where it is left out"},
};

const YamlNode* child_of(const YamlNode& node, std::string_view key) {
  for (const YamlNode& child : node.children) {
    if (child.key == key) return &child;
  }
  return nullptr;
}

bool check_profile(YamlReader& in, const YamlNode& node, const HostPolicy& policy) {
  const bool asks = !policy.parameter.text.empty() || !policy.kms_key.text.empty();
  const YamlNode* const named = child_of(node, "profile");
  if (asks && named == nullptr) {
    return in.refuse(node, "nothing says with whose keys AWS is asked", "add profile: NAME");
  }
  if (asks || named == nullptr) return true;
  return in.refuse_key(*named, "AWS is not asked: the policy is a file, and no KMS key has signed it",
                       "take profile out");
}

bool check_together(YamlReader& in, const YamlNode& node, const HostPolicy& policy) {
  if (policy.parameter.text.empty() == policy.file.text.empty()) {
    return in.refuse(node, "a host has one policy", "write either parameter or file");
  }
  bool good = check_profile(in, node, policy);
  for (const std::string_view key : {"poll", "max_age"}) {
    const YamlNode* const found = child_of(node, key);
    if (found == nullptr || policy.file.text.empty()) continue;
    good = in.refuse_key(*found, std::string(key) + " is of a parameter, and the policy is a file", "take it out");
  }
  return good;
}

}  // namespace

void list_host_policy_keys(SchemaWalk& walk, const std::string& path) { walk.table<kPolicy>(path); }

bool read_host_policy(YamlReader& in, const YamlNode& node, HostConfig& config) {
  in.set_context("policy: ");
  const MappingKeys keys = in.mapping(node, kPolicy, config.policy);
  const bool good =
      !keys.sound({"parameter", "file", "profile", "signed_by"}) || check_together(in, node, config.policy);
  in.set_context("");
  return good && keys.all_good();
}

}  // namespace broker
