// Puts a file of the user's own where nothing is: whole or not at all, private, and never over anything.
//
// Runs in: supervisor.   Blocks: as file systems do, until the file has reached the disk.
// Fails: kConfig for a folder that others than the user and root may write; kSystem with the path.
#pragma once

#include <string>
#include <string_view>

#include "ipc/result.h"

namespace supervisor {

enum class Placed { Written, WasThere };

// Makes `folder` where it is missing, private; what is above it must be there, but for the last one.
ipc::Result<Placed> place_new_file(const std::string& folder, const std::string& name, std::string_view text);

}  // namespace supervisor
