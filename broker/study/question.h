// The words of a question to a policy, as options of `explain` and rows of a test table put it.
//
// Runs in: sentinel-policy.   Blocks: on the posture file and zone files.   Fails: kUsage, kConfig with what is wrong.
#pragma once

#include <string>
#include <string_view>

#include "ipc/result.h"
#include "policy/policy.h"

namespace broker {

ipc::Result<Mode> mode_named(std::string_view word);
ipc::Result<Via> via_named(std::string_view word);
// {"disk_encrypted": true, …}: see device/stated.h.
ipc::Result<Posture> posture_file(const std::string& path);
// A mode that has no transport must not get one; server mode is asked over a Unix socket where nothing is said.
ipc::Status settle_transport(PolicyQuery& query);

}  // namespace broker
