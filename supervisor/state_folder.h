// The caller's own folder for what Sentinel keeps between runs.
//
// Runs in: supervisor.   Blocks: as file systems do.
// Fails: kConfig where the caller has no home folder, kSystem where the folder cannot be made; `next_step` is the
// advice.
#pragma once

#include <string>
#include <string_view>

#include "ipc/result.h"

namespace supervisor {

// Makes it where it is missing, private. `state_home` is XDG_STATE_HOME, used where it is an absolute path. `what` is
// what shall lie in it, for the sentence.
ipc::Result<std::string> make_state_folder(std::string_view home, std::string_view state_home, std::string_view what,
                                           std::string_view next_step);

}  // namespace supervisor
