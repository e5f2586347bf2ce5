// Who can write one file or folder, by its owner, its mode and its access list.
//
// Runs in: every process.   Blocks: as file systems do.
// Fails: kConfig for what others than root and the user can write, with the way to mend it.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>

#include "ipc/files/trust.h"
#include "ipc/result.h"

namespace ipc {

enum class Writers : std::uint8_t { RootAlone, RootAndUser };

// `fd` may be one that only looks (O_PATH), `path` is its name for sentences and leads through no link. `shared`: a
// sticky folder that others may write passes, since they cannot replace what is not theirs in it.
Result<Writers> find_writers(int fd, const struct stat& status, const std::string& path, const Trust& trust,
                             bool shared);

// A file system that keeps no modes of its own, but shows those that it was mounted with: its name, else nothing.
const char* system_without_modes(long type);

}  // namespace ipc
