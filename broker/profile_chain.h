// The way from a profile over its source_profiles to the one with a key, and the roles met on it.
//
// Runs in: broker, at the start.   Blocks: never.
// Fails: kConfig with file:line; a loop is named link by link.
// Source: botocore credentials.py, AssumeRoleProvider.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ipc/result.h"
#include "profile.h"
#include "profile_files.h"

namespace broker {

struct ProfileChain {
  std::vector<std::string> visited;  // from the named profile to the base
  std::vector<RoleStep> roles;       // assumed first to last
  std::vector<std::string> warnings;
};

// `profile` exists.
[[nodiscard]] ipc::Result<ProfileChain> walk_chain(const ProfileFiles& files, std::string_view profile);

}  // namespace broker
