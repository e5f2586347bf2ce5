// IAM Identity Center, as a profile says it: through a [sso-session NAME] section, or in the old form with all keys in
// the profile itself. Its endpoints are the resolver's to fill in.
//
// Runs in: broker, at the start, and sentinel-profiles.   Blocks: never.
// Fails: kConfig with file:line, where a key is missing, malformed, or differs between profile and section.
// Source: botocore credentials.py (SSOProvider), tokens.py; AWS CLI for sso_registration_scopes.
#pragma once

#include <optional>
#include <string>

#include "ipc/result.h"
#include "profile/files.h"
#include "profile/plan.h"

namespace broker {

// Nothing where the profile has neither sso_account_id nor sso_role_name: then botocore does not log in for keys.
[[nodiscard]] ipc::Result<std::optional<BasePlan>> sso_source(const ProfileFiles& files, const std::string& profile);

}  // namespace broker
