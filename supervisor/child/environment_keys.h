// The AWS keys of the caller's environment: taken out of it before anything else looks, kept until the broker, locked
// down, gets them, and nowhere else afterwards. No program that Sentinel starts inherits them.
//
// Runs in: supervisor, before it splits.   Blocks: never.   Owns: the taken values, which are wiped with their message.
// Fails: kConfig for a value that is longer than any that AWS gives.
#pragma once

#include <optional>

#include "ipc/messages.h"
#include "ipc/result.h"

namespace supervisor {

// Overwrites the values where they lie (the process's own first page of strings shows them to no one any more), and
// takes their names out of `environment`, the null-terminated list. Nothing where no key was there.
ipc::Result<std::optional<ipc::EnvironmentKeys>> take_environment_keys(char** environment);

}  // namespace supervisor
