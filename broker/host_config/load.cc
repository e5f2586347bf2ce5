#include "host_config/load.h"

#include <algorithm>
#include <utility>

#include "host_config/parts.h"
#include "ipc/text/nearest_word.h"

namespace broker {
namespace {

bool read_version(YamlReader& in, const YamlNode& node, HostConfig&) {
  std::string version;
  if (!in.text(node, kMaxName, version)) return false;
  if (version == "1") return true;
  return in.refuse(node, "version " + in_quotes(version) + " is not supported; only \"1\" is", "write version: \"1\"");
}

constexpr HostField<HostConfig> kHost[] = {
    {"version", true, read_version, "text", "the language of this file: \"1\", and no other"},
    {"profiles", true, read_host_profiles, "mapping of names to profiles",
     "whose keys there are; nothing of ~/.aws counts here", list_host_profile_keys},
    {"programs", false, read_host_programs, "list of absolute paths",
     "the programs that a profile's credential_process may begin with; each is root's alone to write"},
    {"policy", true, read_host_policy, "mapping", "the policy that judges every request", list_host_policy_keys},
    {"principals", true, read_host_principals, "list of rows",
     "which user of the policy a uid is; who fits no row gets nothing", list_host_principal_keys},
    {"limits", false, read_host_limits, "mapping", "how much the users may ask for", list_host_limit_keys},
    {"log", true, read_host_log, "mapping", "where each decision is written, in a file or in the system's log",
     list_host_log_keys},
    {"endpoints", false, read_host_endpoints, "mapping",
     "where AWS's services are, if not where AWS has them; https, or plain http to this host", list_host_endpoint_keys},
    {"ca_bundle", false, read_host_ca_bundle, "absolute path",
     "the certificate authorities for TLS to AWS, in the place of the system's; the file is root's alone to write"},
    {"proxy", false, read_host_proxy, "URL", "the proxy for calls to AWS, without a user or password"},
    {"no_proxy", false, read_host_no_proxy, "list of texts",
     "the hosts, domains and networks that are asked without the proxy"},
};

// The version first: another one explains every other difference.
bool read_document(YamlReader& in, const YamlNode& root, HostConfig& config) {
  if (root.kind == YamlNode::Kind::kNull) {
    return in.refuse(root, "the file is empty", "write a version, profiles, a policy, principals and a log");
  }
  for (const YamlNode& child : root.children) {
    if (child.key == "version" && !read_version(in, child, config)) return false;
  }
  return in.mapping(root, kHost, config);
}

void add(Mistakes& mistakes, const std::string& place, const std::string& why, std::string next_step) {
  mistakes.add({ipc::Fault::kConfig, place + ": " + why, std::move(next_step), 0});
}

void check_programs(const HostConfig& config, Mistakes& mistakes) {
  for (const HostProfile& profile : config.profiles) {
    const PlacedText& program = profile.program;
    if (program.text.empty()) continue;
    if (std::ranges::find(config.programs, program.text, &PlacedText::text) != config.programs.end()) continue;
    add(mistakes, program.place, "profile " + in_quotes(profile.name) + " runs a program that programs does not list",
        "add " + program.text + " to programs");
  }
}

void check_policy_profile(const HostConfig& config, Mistakes& mistakes) {
  const PlacedText& named = config.policy.profile;
  if (named.text.empty()) return;
  std::vector<std::string_view> names;
  for (const HostProfile& profile : config.profiles) names.push_back(profile.name);
  if (std::ranges::find(names, named.text) != names.end()) return;
  add(mistakes, named.place,
      "policy: there is no profile " + in_quotes(named.text) + ipc::suggestion(named.text, names),
      "name one of profiles");
}

void check_no_proxy(const HostConfig& config, Mistakes& mistakes) {
  if (!config.proxy.text.empty() || config.no_proxy.text.empty()) return;
  add(mistakes, config.no_proxy.place, "no_proxy says what goes past a proxy, and there is none",
      "add proxy, or take no_proxy out");
}

}  // namespace

Read<HostConfig> read_host_config(std::string_view text, std::string source) {
  HostConfig empty;
  empty.source = source;
  Read<HostConfig> config = read_yaml(text, std::move(source), std::move(empty), read_document);
  if (!config) return config;
  Mistakes mistakes;
  check_programs(*config, mistakes);
  check_policy_profile(*config, mistakes);
  check_no_proxy(*config, mistakes);
  if (!mistakes.none()) return std::unexpected(std::move(mistakes));
  return config;
}

std::vector<SchemaKey> host_keys() {
  SchemaWalk walk;
  walk.table<kHost>("");
  return walk.take();
}

}  // namespace broker
