// Follows a profile over its source_profiles to the one with a key, and collects the roles met on the way.
//
// Runs in: broker, at the start, and sentinel-profiles.   Blocks: never.
// Fails: kConfig with file:line; a loop is named link by link.
// Source: botocore credentials.py, AssumeRoleProvider.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/result.h"
#include "profile/files.h"
#include "profile/plan.h"

namespace broker {

struct ProfileChain {
  std::vector<std::string> visited;  // from the named profile to the base
  std::vector<RoleStep> roles;       // assumed first to last
  // Of the last profile visited: its role is assumed with this, and not with a key of its own.
  std::optional<PlacedText> credential_source{};
};

// `profile` exists, or the store has its key.
[[nodiscard]] ipc::Result<ProfileChain> walk_chain(const ProfileFiles& files, std::string_view profile,
                                                   const StoredKeys& stored);

// Whether the profile itself says where its key comes from, or names a role: the place, or empty.
[[nodiscard]] std::string place_of_source(const ProfileFiles& files, std::string_view profile);

}  // namespace broker
