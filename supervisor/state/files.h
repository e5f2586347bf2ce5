// The files that Sentinel keeps for the caller between runs, opened by the caller's own rights: read and written by the
// broker, so their content is believed and they must not be another user's work.
//
// Runs in: supervisor.   Blocks: as file systems do; never for a FIFO or a device, which are refused.
// Owns: nothing; the caller owns the descriptors, until the broker has them.
// Fails: kConfig for what lies there and is not such a file, or where the caller has no home folder; kSystem with the
// path.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "ipc/result.h"
#include "ipc/unique_fd.h"

namespace supervisor {

enum class StateFile {
  PolicyVersions,  // the highest signed version seen of each policy, so that an older one is not taken for the newest
  Sessions,        // MFA sessions that the runs of one user share; only the broker can read what is in it
};

// Opens one to read and write, and makes it where it is missing. `state_home` is XDG_STATE_HOME, used where it is an
// absolute path.
ipc::Result<ipc::UniqueFd> open_state_file(StateFile, std::string_view home, std::string_view state_home);

// Makes the folder of these files where it is missing, private. `what` is what shall lie in it, for the sentence;
// `next_step` is the advice of an error.
ipc::Result<std::string> make_state_folder(std::string_view home, std::string_view state_home, std::string_view what,
                                           std::string_view next_step);

struct OwnFile {
  std::string path;
  mode_t never;                // bits of the mode, of others than the owner, that it must not have
  std::string why, next_step;  // where it has one, or is another's: the sentence behind the path
  std::string_view no_access;  // the next step where it cannot be opened
  bool make = true;            // where it is missing, private
};
// Opens a file of the caller's own to read and write. What is missing and not made: sys_errno is ENOENT. Does not
// follow a symbolic link in its place; folders above may be links, and are judged where they lead.
ipc::Result<ipc::UniqueFd> open_own_file(const OwnFile&);

}  // namespace supervisor
