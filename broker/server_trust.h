// Which servers may be asked at all, and whose certificates make them believable.
//
// Runs in: broker.   Blocks: load_ca() reads a file; before lock-down.   Fails: kConfig.
#pragma once

#include <string>

#include "ipc/result.h"

namespace broker {

// The certificate authorities as PEM: from `bundle`, or the system's when it is empty.
ipc::Result<std::string> load_ca(const std::string& bundle);

// Refuses what is not http or https, plain http to anything but this machine, and URLs with a user, query or fragment.
ipc::Status check_endpoint_url(const std::string& url);

}  // namespace broker
