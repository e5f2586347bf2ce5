// Tells whether a text is an IP address or a network in CIDR form, as IAM's aws:SourceIp takes it.
//
// Runs in: broker, main thread, and the policy tools.   Blocks: never.
// Fails: kConfig; `what` is a reason without place, and says the network that was most likely meant.
// Source: RFC 4632, RFC 4291 2.3; IAM User Guide, IP address condition operators.
#pragma once

#include <string>

#include "ipc/result.h"

namespace broker {

ipc::Status check_ip_network(const std::string& text);

}  // namespace broker
