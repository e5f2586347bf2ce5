// `sentinel init`: a first config, a first policy, and the IAM statements that the profile's roles and their callers
// need, out of the answer that `sentinel whoami` gets.
//
// Runs in: supervisor, once the broker has ended.   Blocks: as file systems do.
// Fails: as place_new_file() and first_policy() do; a policy that was written before the config failed stays, and the
// next call names it. Trust: what it prints comes from AWS and a profile, and is made harmless.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "ipc/messages.h"
#include "ipc/result.h"

namespace supervisor {

struct FirstFiles {
  std::string_view profile, home, config_home;  // config_home: XDG_CONFIG_HOME, used where it is an absolute path
};

// Writes what is missing; returns what stdout is told.
ipc::Result<std::string> begin_here(const FirstFiles& files, const ipc::Whoami& who,
                                    std::span<const ipc::WhoamiRole> roles);

}  // namespace supervisor
