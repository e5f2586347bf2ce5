// Sees when something is mounted over a run's files: over one of them, below one, or over a folder above. A program of
// the same user can do that without a right (FUSE), and inotify(7) tells nothing of it.
//
// It reads the table of mounts and asks no file system: the one that was mounted may never answer.
// Runs in: supervisor (keeper).   Blocks: never.   Owns: the table's descriptor.
// Source: /proc/PID/mountinfo in proc(5); poll(2) of it says POLLPRI once for each change of the table.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/unique_fd.h"

namespace supervisor {

// The lines of the table `mountinfo`, as "id point", whose mounts decide what lies at one of `paths`.
std::set<std::string> mounts_over(std::string_view mountinfo, const std::vector<std::string>& paths);

class MountWatch {
 public:
  // From now on. Where there is no table (no /proc) nothing is seen.
  void begin(std::vector<std::string> paths);
  // To be polled for POLLPRI; -1 where there is none. A poll that answers takes the answer away, so changed() passes it
  // on.
  [[nodiscard]] int fd() const { return table_.get(); }
  void changed() { changed_ = true; }
  // The point of a mount over one of the paths that came since the last look.
  std::optional<std::string> look();

 private:
  [[nodiscard]] std::set<std::string> now() const;

  ipc::UniqueFd table_;
  std::vector<std::string> paths_;
  std::set<std::string> known_;
  bool changed_ = false;
};

}  // namespace supervisor
