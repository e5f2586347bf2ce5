#include "profile/machine_source.h"

#include <algorithm>
#include <utility>

#include "aws/endpoint.h"
#include "profile/absolute_path.h"
#include "text/ascii.h"

namespace broker {
namespace {

constexpr std::string_view kContainerAddress = "http://169.254.170.2";
constexpr std::string_view kRelative = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
constexpr std::string_view kFull = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
constexpr std::string_view kTokenFile = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

ipc::Result<bool> wants_ipv6(const ProfileContext& at) {
  const MaybeText mode = setting_or_key(at.settings, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", at.files, at.asked,
                                        "ec2_metadata_service_endpoint_mode");
  if (!mode) return std::unexpected(mode.error());
  if (*mode && !(*mode)->text.empty()) {
    const std::string word = lowered((*mode)->text);
    if (word == "ipv6" || word == "ipv4") return word == "ipv6";
    return refuse_at((*mode)->place, "the mode of the instance metadata service is neither IPv4 nor IPv6",
                     "write IPv4 or IPv6");
  }
  const MaybeText old = at.files.text(at.asked, "imds_use_ipv6");
  if (!old) return std::unexpected(old.error());
  return *old && lowered((*old)->text) == "true";
}

bool is_path_text(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f && c != '#' && c != '\\'; });
}

struct PlacedUrl {
  std::string url, place;
};

ipc::Result<PlacedUrl> container_url(const ProfileContext& at, const std::string& place) {
  const std::string_view relative = ipc::setting(at.settings, kRelative), full = ipc::setting(at.settings, kFull);
  if (relative.empty() && full.empty()) {
    return refuse_at(
        place, "credential_source is EcsContainer, and the environment names no container's keys",
        "run it inside of an ECS task or EKS pod, which sets " + std::string(kRelative) + " or " + std::string(kFull));
  }
  if (!relative.empty()) {  // it stands before the full one
    if (!relative.starts_with('/') || !is_path_text(relative)) {
      return refuse_at(kRelative, "the value is not a path", "let it begin with a slash and hold no blanks");
    }
    return PlacedUrl{std::string(kContainerAddress) + std::string(relative), std::string(kRelative)};
  }
  const std::size_t scheme = full.find("://");
  const std::size_t path =
      scheme == std::string_view::npos ? full.size() : std::min(full.find_first_of("/?", scheme + 3), full.size());
  const ipc::Result<AwsEndpoint> host = parse_source_url(full.substr(0, path), kFull, kContainerHosts);
  if (!host) return std::unexpected(host.error());
  const std::string rest(full.substr(path));
  if (!is_path_text(rest)) return refuse_at(kFull, "the path holds what no URL has", "give it as scheme://host/path");
  return PlacedUrl{host->url + (rest.starts_with('?') ? "/" : "") + rest, std::string(kFull)};
}

}  // namespace

ipc::Result<BasePlan> instance_source(const ProfileContext& at, const std::string& place) {
  if (lowered(ipc::setting(at.settings, "AWS_EC2_METADATA_DISABLED")) == "true") {
    return refuse_at(place, "credential_source is Ec2InstanceMetadata, and AWS_EC2_METADATA_DISABLED is true",
                     "unset the variable, or name another source");
  }
  const MaybeText own = setting_or_key(at.settings, "AWS_EC2_METADATA_SERVICE_ENDPOINT", at.files, at.asked,
                                       "ec2_metadata_service_endpoint");
  if (!own) return std::unexpected(own.error());
  const ipc::Result<bool> ipv6 = wants_ipv6(at);
  if (!ipv6) return std::unexpected(ipv6.error());
  InstancePlan plan{"http://" + std::string(kInstanceHosts[*ipv6 ? 1 : 0]), place};
  if (!*own || (*own)->text.empty()) return plan;
  ipc::Result<AwsEndpoint> given = parse_source_url((*own)->text, (*own)->place, kInstanceHosts);
  if (!given) return std::unexpected(std::move(given).error());
  plan.url = std::move(given->url);
  return plan;
}

ipc::Result<BasePlan> container_source(const ProfileContext& at, const std::string& place) {
  ipc::Result<PlacedUrl> url = container_url(at, place);
  if (!url) return std::unexpected(std::move(url).error());
  ContainerPlan plan{std::move(url->url), "", place};
  const std::string_view file = ipc::setting(at.settings, kTokenFile);
  if (file.empty()) return plan;
  ipc::Result<std::string> path = absolute_path(file, at.home, kTokenFile);
  if (!path) return std::unexpected(std::move(path).error());
  plan.token_file = std::move(*path);
  return plan;
}

}  // namespace broker
