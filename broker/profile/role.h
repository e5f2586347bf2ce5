// One AssumeRole as a profile asks for it: the role, and the arguments that stand beside role_arn.
//
// Runs in: broker, at the start, and sentinel-profiles.   Blocks: never.
// Fails: kConfig with file:line for what STS could only refuse.
// Source: botocore credentials.py (AssumeRoleProvider); aws-vault for session_tags and transitive_session_tags; STS API
// reference, AssumeRole.
#pragma once

#include <string>

#include "ipc/result.h"
#include "profile/files.h"
#include "profile/plan.h"

namespace broker {

[[nodiscard]] ipc::Result<RoleStep> read_role(const ProfileFiles& files, const std::string& profile,
                                              const PlacedText& role_arn);

// role_arn's text, checked.
[[nodiscard]] ipc::Status check_role_arn(const std::string& profile, const PlacedText& role_arn);
// role_session_name; empty where there is none.
[[nodiscard]] ipc::Result<std::string> read_session_name(const ProfileFiles& files, const std::string& profile);

}  // namespace broker
