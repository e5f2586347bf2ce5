// The first policy and the first config of a user, from what AWS and the profile say of him.
//
// Runs in: supervisor.   Blocks: never.
// Trust: names from AWS and a profile become quoted texts, in which nothing can end the text or begin a rule.
// Fails: kConfig for a profile whose name a policy cannot hold as it is.
#pragma once

#include <string>
#include <string_view>

#include "ipc/messages.h"
#include "ipc/result.h"

namespace supervisor {

// One rule: this profile, for the user to whom its key belongs (where AWS gives him a name), in the key's account, and
// only while each request is judged.
ipc::Result<std::string> first_policy(std::string_view profile, const ipc::Whoami& who, std::string_view path);

// Serves over a Unix socket, under the policy at `policy_path`.
ipc::Result<std::string> first_config(std::string_view profile, std::string_view policy_path);

}  // namespace supervisor
