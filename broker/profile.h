// An AWS profile, resolved: where the key comes from that it begins with, the roles assumed from it in order, the
// region and the endpoints. Reads the AWS files and the settings once; it fetches nothing and asks AWS nothing.
//
// Runs in: broker, at the start.   Blocks: on two small local files.   Owns: a base key that stands in the files.
// Fails: kConfig with profile, key and file:line. Where botocore defines the answer, the answer is botocore's; what
// would change the meaning and is not supported here is refused, never skipped. The few differences stand with their
// reasons in tests/interop/test_profiles_botocore.py.
// Source: botocore configloader.py, credentials.py (AssumeRoleProvider), configprovider.py.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "credential_source.h"
#include "endpoint.h"
#include "ipc/result.h"
#include "ipc/settings.h"

namespace broker {

class ProfileFiles;

// One AssumeRole.
struct RoleStep {
  std::string profile;  // the profile that names the role
  std::string role_arn;
  std::string external_id;           // empty: none
  std::chrono::seconds duration{0};  // 0: not set
  std::string session_name{};        // role_session_name; empty: ours
  std::vector<std::pair<std::string, std::string>> tags{};
  std::vector<std::string> transitive_tags{};  // keys of tags that the next role's session inherits
};

struct ResolvedProfile {
  std::string name;
  std::string region;            // empty: none is known; STS still works, see AwsEndpoint::signing_region
  std::string base_profile;      // the profile that `base` is of; equals `name` without a chain
  BasePlan base;                 // how to get the key to begin with
  std::optional<MfaPlan> mfa{};  // with `base` a long-term key: makes a session of it first
  std::vector<RoleStep> chain;   // assumed first to last; empty: the profile is just a key
  AwsEndpoint sts, iam;
  AwsEndpoint ssm;                    // url is empty when no region is known: take it through require_ssm()
  AwsEndpoint kms;                    // the same, require_kms()
  AwsEndpoint dynamodb;               // the same, require_dynamodb()
  std::string ca_bundle;              // file; empty: the system's
  std::vector<std::string> warnings;  // sentences for the terminal
};

// Where the AWS files are; the sandbox opens these two and no other folder.
struct ProfilePaths {
  std::string config, credentials;
};
[[nodiscard]] ipc::Result<ProfilePaths> profile_paths(const ipc::Settings& settings, std::string_view home);

// Whether `sentinel keys` has put away an access key of that name.
using StoredKeys = std::function<bool(std::string_view)>;

struct ProfileOptions {
  bool environment_keys = false;  // --env-keys: the chain begins with the environment's key; the profile may be absent
  bool regions_alone = false;     // with it: the profile's roles and source do not count, nor stand against it
  // Empty: not known. Then a profile of the files that names no source is planned as the store's, and the store says
  // whether it has the key; a profile that stands in no file is refused.
  StoredKeys stored{};
};

// `region_flag` is --region, empty if not given. Needs ipc::SecretArena to be open.
[[nodiscard]] ipc::Result<ResolvedProfile> resolve_profile(std::string_view name, const ipc::Settings& settings,
                                                           std::string_view home, std::string_view region_flag,
                                                           const ProfileOptions& options = {});
// The same with files that are open already.
[[nodiscard]] ipc::Result<ResolvedProfile> resolve_profile(const ProfileFiles& files, std::string_view name,
                                                           const ipc::Settings& settings, std::string_view home,
                                                           std::string_view region_flag, const ProfileOptions& options);

// The endpoint, or the sentence that says why there is none.
[[nodiscard]] ipc::Result<AwsEndpoint> require_ssm(const ResolvedProfile& profile);
[[nodiscard]] ipc::Result<AwsEndpoint> require_kms(const ResolvedProfile& profile);
[[nodiscard]] ipc::Result<AwsEndpoint> require_dynamodb(const ResolvedProfile& profile);

}  // namespace broker
