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

// What else a proxy's URL may not be, call/proxy.h says.
bool read_host_proxy(YamlReader& in, const YamlNode& node, HostConfig& config) {
  if (!read_placed(in, node, config.proxy)) return false;
  if (config.proxy.text.contains('@')) {
    return in.refuse(node, "a user and a password never stand in this file",
                     "let the proxy know this host by its address, and write the URL without them");
  }
  config.network.insert_or_assign("HTTPS_PROXY", config.proxy.text);
  return true;
}

bool read_host_no_proxy(YamlReader& in, const YamlNode& node, HostConfig& config) {
  std::vector<std::string> hosts;
  const bool good = in.texts(node, hosts, [&](const YamlNode& item, const std::string& host) {
    if (is_visible(host) && !host.contains(',')) return true;
    return in.refuse(item, in_quotes(host) + " is not one host", "write each as an entry of the list");
  });
  if (!good) return false;
  std::string list;
  for (const std::string& host : hosts) list += (list.empty() ? "" : ",") + host;
  config.no_proxy = {list, in.place(node)};
  config.network.insert_or_assign("NO_PROXY", std::move(list));
  return true;
}

}  // namespace broker
