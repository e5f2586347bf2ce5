// The AWS keys of the caller's environment: taken out of it before anything else looks, kept until the broker, locked
// down, gets them, and nowhere else afterwards. No program that Sentinel starts inherits them.
//
// Runs in: supervisor, before it splits.   Blocks: never.   Owns: the taken values, which are wiped with their message.
// Fails: never; a value that is longer than any that AWS gives is named in too_long, and refused where it is used.
#pragma once

#include <optional>

#include "ipc/messages.h"

namespace supervisor {

// Overwrites the values where they lie (the process's own first page of strings shows them to no one any more), and
// takes their names out of `environment`, the null-terminated list. Nothing where no key was there.
std::optional<ipc::EnvironmentKeys> take_environment_keys(char** environment);

}  // namespace supervisor
