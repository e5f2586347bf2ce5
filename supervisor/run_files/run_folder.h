// The private folder of a run, with its generated files: where it may lie, how it is held, and what killed runs left.
//
// The AWS SDKs of the command believe what the config file in it says, a program to run included. So the folder lies
// where no other user can make one of the same name once it is gone: in the first of these that is there, is private,
// and has only folders of root's and ours above it that others cannot write.
//   $XDG_RUNTIME_DIR    /run/user/UID    $XDG_STATE_HOME/sentinel/run, ~/.local/state/sentinel/run
// Where none is, the same below a folder such as /tmp, which a sandbox may hide from the command; last, /tmp itself.
// A lock is held on the folder for the whole run: systemd-tmpfiles(8) cleans no folder that is locked, and a later run
// removes what has no lock. run_files/folder_watch.h watches it.
// Runs in: supervisor, before the fork into face and keeper, which both hold the lock.   Blocks: as file systems do.
// Owns: the lock. What is made goes into OwnedPaths.
// Fails: kSystem or kConfig where there is no such place; the sentence is that of the last one tried.
#pragma once

#include <string>
#include <string_view>

#include "ipc/result.h"
#include "ipc/unique_fd.h"
#include "run_files/owned_paths.h"

namespace supervisor {

// What the caller's surroundings say; tests put other folders in the place of the host's.
struct RunPlaces {
  std::string_view runtime_dir;  // XDG_RUNTIME_DIR
  std::string_view home;
  std::string_view state_home;  // XDG_STATE_HOME, used where it is an absolute path
  bool for_socket = false;      // the socket's path must fit, and the file system must take one
  std::string run_user = "/run/user", last = "/tmp";
};

struct RunFolder {
  std::string path;                           // absolute, without links
  std::string config_path, credentials_path;  // both 0400 and empty
  ipc::UniqueFd config;                       // open for writing
  ipc::UniqueFd lock;                         // the folder, open and locked
  bool in_shared = false;                     // such as /tmp, where no other place could be had
};
ipc::Result<RunFolder> make_run_folder(const RunPlaces&, OwnedPaths&);

// The name of the socket in it, and how long a Unix socket's path may be.
inline constexpr std::string_view kSocketName = "/socket";
inline constexpr std::size_t kLongestSocketPath = 107;

}  // namespace supervisor
