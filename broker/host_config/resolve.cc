#include "host_config/resolve.h"

#include <algorithm>
#include <set>

#include "profile/resolve.h"

namespace broker {
namespace {

ProfileFiles files_of(const HostConfig& config) {
  ConfigIndex sections;
  for (const HostProfile& profile : config.profiles) {
    sections.emplace(ipc::SectionKey{SectionKind::kProfile, profile.name}, profile.settings);
  }
  return ProfileFiles::of_sections(config.source, std::move(sections));
}

void check_region(const HostConfig& config, const ResolvedProfile& profile, Mistakes& mistakes) {
  if (!profile.region.empty()) return;
  mistakes.add({ipc::Fault::kConfig,
                config.policy.profile.place + ": policy: profile '" + profile.name +
                    "' has no region, and AWS is asked for the policy in one",
                "add region to the profile", 0});
}

}  // namespace

Read<std::vector<ResolvedProfile>> resolve_host_profiles(const HostConfig& config) {
  const ProfileFiles files = files_of(config);
  const auto has_credential = [&](std::string_view name) {
    const auto found = std::ranges::find(config.profiles, name, &HostProfile::name);
    return found != config.profiles.end() && !found->credential.text.empty();
  };
  const ProfileOptions options{.stored = has_credential};
  std::vector<ResolvedProfile> resolved;
  Mistakes mistakes;
  std::set<std::string> told;  // a mistake of one profile is met by all that begin with it
  for (const HostProfile& profile : config.profiles) {
    ipc::Result<ResolvedProfile> each = resolve_profile(files, profile.name, config.network, {}, {}, options);
    if (each) {
      if (profile.name == config.policy.profile.text) check_region(config, *each, mistakes);
      resolved.push_back(std::move(*each));
    } else if (told.insert(each.error().what).second) {
      mistakes.add(std::move(each.error()));
    }
  }
  if (!mistakes.none()) return std::unexpected(std::move(mistakes));
  return resolved;
}

}  // namespace broker
