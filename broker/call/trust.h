// Decides which servers may be asked at all, and whose certificates make them believable.
//
// Blocks: load_ca() reads a file; before lock-down.   Fails: kConfig.
#pragma once

#include <string>
#include <string_view>

#include "ipc/result.h"

namespace broker {

// The certificate authorities as PEM: from `bundle`, or the system's when it is empty.
ipc::Result<std::string> load_ca(const std::string& bundle);

// Refuses what is not http or https, plain http to anything but this machine, and URLs with a user or a fragment.
// `link_local`: plain http may also go to the addresses at which an instance and a container of AWS find their keys.
ipc::Status check_request_url(const std::string& url, bool link_local);

// scheme://host[:port] of a URL, for sentences: paths may be secret, and so may queries.
std::string origin_of(std::string_view url);

}  // namespace broker
