// Resolves an AWS profile: where the key comes from that it begins with, the roles assumed from it in order, the
// region and the endpoints. Reads the AWS files and the settings once; it fetches nothing and asks AWS nothing.
//
// Runs in: broker, at the start.   Blocks: on two small local files.   Owns: a base key that stands in the files.
// Fails: kConfig with profile, key and file:line. Where botocore defines the answer, the answer is botocore's; what
// would change the meaning and is not supported here is refused, never skipped. The few differences stand with their
// reasons in tests/interop/test_profiles_botocore.py.
// Source: botocore configloader.py, credentials.py (AssumeRoleProvider), configprovider.py.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aws/endpoint.h"
#include "ipc/result.h"
#include "ipc/settings.h"
#include "profile/plan.h"

namespace broker {

class ProfileFiles;

// Where the AWS files are; the sandbox opens these two and no other folder.
struct ProfilePaths {
  std::string config, credentials;
};
[[nodiscard]] ipc::Result<ProfilePaths> profile_paths(const ipc::Settings& settings, std::string_view home);

struct ProfileOptions {
  bool environment_keys = false;  // --env-keys: the chain begins with the environment's key; the profile may be absent
  bool regions_alone = false;     // with it: the profile's roles and source do not count, nor stand against it
  // Empty: not known. Then a profile of the files that names no source is planned as the store's, and the store says
  // whether it has the key; a profile that stands in no file is refused.
  StoredKeys stored{};
  // For a sentence about a profile that there is not.
  std::function<std::vector<std::string>()> stored_names{};
};

// `region_flag` is --region, empty if not given. Needs ipc::SecretArena to be open.
[[nodiscard]] ipc::Result<ResolvedProfile> resolve_profile(std::string_view name, const ipc::Settings& settings,
                                                           std::string_view home, std::string_view region_flag,
                                                           const ProfileOptions& options = {});
// The same with files that are open already.
[[nodiscard]] ipc::Result<ResolvedProfile> resolve_profile(const ProfileFiles& files, std::string_view name,
                                                           const ipc::Settings& settings, std::string_view home,
                                                           std::string_view region_flag, const ProfileOptions& options);

// The endpoint of what judges a run, or the sentence that says why there is none: not one that an AWS file names.
[[nodiscard]] ipc::Result<AwsEndpoint> require_ssm(const ResolvedProfile& profile);
[[nodiscard]] ipc::Result<AwsEndpoint> require_kms(const ResolvedProfile& profile);
[[nodiscard]] ipc::Result<AwsEndpoint> require_dynamodb(const ResolvedProfile& profile);

}  // namespace broker
