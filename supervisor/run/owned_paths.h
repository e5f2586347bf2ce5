// The files, socket and folder that this run made, known by device and inode: at the end exactly these are removed, and
// nothing that someone put in their place. Each is held open (O_PATH), for the number of a removed inode is used again.
//
// Runs in: supervisor; both halves hold the list, so that either removes after the other's SIGKILL.
// Blocks: only as file systems do.   Owns: the paths and a descriptor of each. Removal may be repeated.
#pragma once

#include <sys/stat.h>

#include <string>
#include <vector>

#include "ipc/result.h"
#include "ipc/unique_fd.h"

namespace supervisor {

class OwnedPaths {
 public:
  // Notes that `path` is ours, as it stands now.
  ipc::Status claim(const std::string& path);
  // Removes, last first. Returns the paths that are still there and no longer ours or not empty.
  std::vector<std::string> remove_all() const;

 private:
  struct Claim {
    std::string path;
    ipc::UniqueFd held;
  };
  std::vector<Claim> claims_;
};

// A private folder (0700) with this run's generated files: under XDG_RUNTIME_DIR where that is ours alone, else /tmp.
struct RunFolder {
  std::string path;
  std::string config_path, credentials_path;  // both 0600 and empty
  ipc::UniqueFd config;                       // open for writing
};
ipc::Result<RunFolder> make_run_folder(std::string_view xdg_runtime_dir, OwnedPaths&);

}  // namespace supervisor
