#include "profile/without_keys.h"

#include <utility>

#include "aws/endpoint.h"
#include "profile/absolute_path.h"
#include "profile/command_settings.h"
#include "profile/endpoints.h"
#include "profile/files.h"
#include "profile/own_source.h"

namespace broker {
namespace {

using MaybeText = ipc::Result<std::optional<PlacedText>>;

// The first that is given: a flag or variable, then the profile's own key.
MaybeText first_of(const std::vector<PlacedText>& given, const ProfileFiles& files, std::string_view profile,
                   std::string_view key) {
  for (const PlacedText& one : given) {
    if (!one.text.empty()) return one;
  }
  if (!files.has(profile)) return std::nullopt;
  return files.text(profile, key);
}

PlacedText variable(const ipc::Settings& settings, std::string_view name) {
  return {std::string(ipc::setting(settings, name)), std::string(name)};
}

ipc::Status take_region(const std::optional<PlacedText>& region, ResolvedProfile& profile) {
  if (!region || region->text.empty()) return {};
  if (ipc::Status valid = check_region(region->text, region->place); !valid) return valid;
  profile.region = region->text;
  return {};
}

ipc::Status take_ca_bundle(const std::optional<PlacedText>& bundle, std::string_view home, ResolvedProfile& profile) {
  if (!bundle || bundle->text.empty()) return {};
  ipc::Result<std::string> path = absolute_path(bundle->text, home, bundle->place);
  if (!path) return std::unexpected(std::move(path).error());
  profile.ca_bundle = std::move(*path);
  return {};
}

}  // namespace

ipc::Result<ResolvedProfile> resolve_without_keys(std::string_view name, const ipc::Settings& settings,
                                                  std::string_view home, std::string_view region_flag) {
  const ipc::Result<ProfilePaths> paths = profile_paths(settings, home);
  if (!paths) return std::unexpected(paths.error());
  const ipc::Result<ProfileFiles> files = ProfileFiles::open(paths->config, paths->credentials);
  if (!files) return std::unexpected(files.error());
  ResolvedProfile profile;
  profile.name = profile.base_profile = name;
  const MaybeText region = first_of({{std::string(region_flag), "--region"},
                                     variable(settings, "AWS_REGION"),
                                     variable(settings, "AWS_DEFAULT_REGION")},
                                    *files, name, "region");
  if (!region) return std::unexpected(region.error());
  if (ipc::Status taken = take_region(*region, profile); !taken) return std::unexpected(taken.error());
  const MaybeText bundle = first_of({variable(settings, "AWS_CA_BUNDLE")}, *files, name, "ca_bundle");
  if (!bundle) return std::unexpected(bundle.error());
  if (ipc::Status taken = take_ca_bundle(*bundle, home, profile); !taken) return std::unexpected(taken.error());
  const ipc::Result<ProfileEndpoints> endpoints = ProfileEndpoints::read(*files, settings, name);
  if (!endpoints) return std::unexpected(endpoints.error());
  ipc::Result<AwsEndpoint> sts = endpoints->of("sts", profile.region);
  if (!sts) return std::unexpected(sts.error());
  profile.sts = std::move(*sts);
  profile.command = command_settings(*files, name);
  return profile;
}

}  // namespace broker
