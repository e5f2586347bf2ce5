// Finds where a profile's own key comes from: the first of its sources in botocore's order, or the one that
// credential_source names. Plans only: nothing is fetched, no secret is read, no program is run.
//
// Runs in: broker, at the start, and sentinel-profiles.   Blocks: never.
// Fails: kConfig with file:line, where a source is named and cannot work as it is written.
// Source: botocore credentials.py (ProfileProviderBuilder, CanonicalNameCredentialSourcer, ContainerProvider), utils.py
// (InstanceMetadataFetcher, ContainerMetadataFetcher); aws-vault for web_identity_token_process.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ipc/result.h"
#include "ipc/settings.h"
#include "profile/files.h"
#include "profile/plan.h"

namespace broker {

struct ProfileContext {
  const ProfileFiles& files;
  const ipc::Settings& settings;
  std::string_view home, asked;  // asked: the profile of --profile, whose settings hold for the whole chain
};

// web identity, IAM Identity Center, a key of the credentials file, aws login, credential_process, a key of the
// config file; nothing where the profile has none of them. A static key is planned without its bytes: the resolver reads
// them last.
[[nodiscard]] ipc::Result<std::optional<BasePlan>> own_source(const ProfileContext& place, const std::string& profile);

// Environment, Ec2InstanceMetadata or EcsContainer.
[[nodiscard]] ipc::Result<BasePlan> named_source(const ProfileContext& place, const std::string& profile,
                                                 const PlacedText& credential_source);

// The file that the profile's static key is taken from.
[[nodiscard]] AwsFileKind key_file(const ProfileFiles& files, std::string_view profile);

}  // namespace broker
