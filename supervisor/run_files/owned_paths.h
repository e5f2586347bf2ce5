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
  struct Claim {
    std::string path;
    ipc::UniqueFd held;
  };

  // Notes that `path` is ours, as it stands now.
  ipc::Status claim(const std::string& path);
  // Removes, last first. Returns the paths that are still there and no longer ours or not empty.
  std::vector<std::string> remove_all() const;
  // The same for what was claimed since there were `first` of them, which are then no longer ours.
  void give_up_after(std::size_t first);

  [[nodiscard]] const std::vector<Claim>& claims() const { return claims_; }

 private:
  std::vector<Claim> claims_;
};

}  // namespace supervisor
