// Asks on the terminal which profile is meant, where the command line and the settings name none.
//
// Runs in: sentinel, before anything is opened or split: the terminal, its job control and its signals are the
// caller's, so that Ctrl-C ends this process as it ends any other. Blocks: until the user has answered.   Owns: the
// process of the tool that lists the profiles, and ends with it. Fails: kUsage where no profile was chosen; kConfig
// where there is none to choose.
#pragma once

#include <string>
#include <string_view>

#include "ipc/result.h"

namespace supervisor {

// Whether there is a user at a terminal who can be asked: stdin and stderr are terminals, and /dev/tty opens.
bool can_ask_for_profile();

// The names are those of `sentinel profiles`, whose tool reads the AWS files: they hold keys, and this process reads
// none.
// `lone`: the only word of the command line, or empty. Where a profile has that name nothing is asked: kUsage says how
// it is written.
ipc::Result<std::string> ask_for_profile(std::string_view lone);

}  // namespace supervisor
