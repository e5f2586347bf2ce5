// The URL of --remote-server, judged before anything is started.
//
// Runs in: supervisor.   Blocks: never.
// Fails: kUsage for a URL that is not https (http is for loopback alone), carries a user, a fragment or a character
// that no URL has, or says something of its own about what Sentinel always sends.
#pragma once

#include <string>
#include <string_view>

#include "ipc/result.h"

namespace supervisor {

// The URL as the broker gets it. The parameters duration and device_id are the broker's to set; `profile` may be there
// once, and is then what is asked for, while --profile says whose keys sign; others stay.
ipc::Result<std::string> remote_url(std::string_view url);

}  // namespace supervisor
