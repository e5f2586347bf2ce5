// A file of the caller's own that must not be another's work: what stands in it is believed.
//
// Runs in: supervisor.   Blocks: as file systems do; never for a FIFO or a device, which are refused.
// Fails: kConfig for what lies there and is not such a file; kSystem with the path.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "ipc/result.h"
#include "ipc/unique_fd.h"

namespace supervisor {

struct OwnFile {
  std::string path;
  mode_t never;                // bits of the mode, of others than the owner, that it must not have
  std::string why, next_step;  // where it has one, or is another's: the sentence behind the path
  std::string_view no_access;  // the next step where it cannot be opened
};
// Open to read and write, made private where it is missing. A symbolic link is not followed.
ipc::Result<ipc::UniqueFd> open_own_file(const OwnFile&);

}  // namespace supervisor
