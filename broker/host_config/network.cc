// How a host reaches AWS: kept as the variables of the same meaning, because the resolver knows those.
#include "aws/endpoint.h"
#include "host_config/parts.h"
#include "text/ascii.h"

namespace broker {
namespace {

bool read_endpoint(YamlReader& in, const YamlNode& node, HostConfig& config) {
  PlacedText url;
  if (!read_placed(in, node, url)) return false;
  const ipc::Result<AwsEndpoint> endpoint = parse_endpoint(url.text, node.key);
  if (!endpoint) return in.refuse(node, endpoint.error().what, endpoint.error().next_step);
  config.network.insert_or_assign("AWS_ENDPOINT_URL_" + uppered(node.key), std::move(url.text));
  return true;
}

constexpr HostField<HostConfig> kEndpoints[] = {
    {"sts", false, read_endpoint, "URL", "where roles are assumed"},
    {"ssm", false, read_endpoint, "URL", "where the policy's parameter is read"},
    {"kms", false, read_endpoint, "URL", "where the key that signed the policy is asked for"},
};

}  // namespace

void list_host_endpoint_keys(SchemaWalk& walk, const std::string& path) { walk.table<kEndpoints>(path); }

bool read_host_endpoints(YamlReader& in, const YamlNode& node, HostConfig& config) {
  in.set_context("endpoints: ");
  const bool good = in.mapping(node, kEndpoints, config);
  in.set_context("");
  return good;
}

bool read_host_ca_bundle(YamlReader& in, const YamlNode& node, HostConfig& config) {
  if (!read_path(in, node, config.ca_bundle)) return false;
  config.network.insert_or_assign("AWS_CA_BUNDLE", config.ca_bundle.text);
  return true;
}

}  // namespace broker
