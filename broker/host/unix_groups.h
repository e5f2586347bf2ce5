// Reads the Unix groups of the user who runs us, by name, as the kernel and the group database say it.
//
// Runs in: broker, before the sandbox closes the file system.   Blocks: on the host's name service.
// Fails: never; a number without a name is left out, and one that cannot be looked up makes all of them unknown. So
// does a user namespace, whose maker may have claimed any group.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace broker {

// Nothing: unknown.
std::optional<std::vector<std::string>> own_unix_groups();

}  // namespace broker
