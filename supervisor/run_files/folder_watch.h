// Sees whether another program touches what this run made: the folder, the generated AWS config, the empty credentials
// file, the socket. Who changes those can make the command's SDK run a program, or talk to a socket, of his own.
//
// A change is anything but a read: other bytes, another mode or owner, a new time of change, another file, folder or
// link in that place, or none; a folder above that was moved; and what was mounted over any of them. inotify(7) tells
// when to look, and what was undone again before the look; the look itself compares with what is held open. An editor
// may put a file of its own beside ours. Where the host gives no inotify instance, look() is called every kLookEvery.
// Runs in: supervisor (keeper).   Blocks: as file systems do.   Owns: the inotify descriptor.
#pragma once

#include <sys/stat.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ipc/result.h"
#include "ipc/unique_fd.h"
#include "run_files/mount_watch.h"
#include "run_files/owned_paths.h"

namespace supervisor {

class FolderWatch {
 public:
  static constexpr std::chrono::seconds kLookEvery{1};

  // From now on. `owned` outlives it.
  void begin(const OwnedPaths& owned);
  // -1 where there is nothing to poll.
  [[nodiscard]] int fd() const { return events_.get(); }
  // To be polled too, for POLLPRI; then mounts().changed() comes before the look.
  [[nodiscard]] MountWatch& mounts() { return mounts_; }
  // Why it has to look again and again; empty where it need not. Said to the user once.
  [[nodiscard]] const std::string& why_by_looking() const { return why_by_looking_; }

  // The first change since the last look, with its path: "/run/…/config was rewritten". Takes what there is now for
  // what shall be.
  std::optional<std::string> look();
  // The keeper itself has written `text` into the file of this descriptor, at `path`. Fails where something else is in
  // it.
  ipc::Status wrote(const std::string& path, std::string_view text);

 private:
  struct Watched {
    const OwnedPaths::Claim* claim;
    struct stat known {};
    std::string text{};  // of a file that we wrote
    bool there = true;
  };
  void watch(const std::string& path, int held, std::uint32_t mask);
  void watch_folders_above(const std::string& path);
  std::string read_events(const std::string& but_written);
  void take_event(int watch, std::uint32_t mask, bool of_an_entry, const std::string& but_written, std::string& first);
  static std::string compare(const Watched& watched);

  ipc::UniqueFd events_;
  MountWatch mounts_;
  std::string why_by_looking_;
  std::vector<Watched> watched_;
  std::string seen_;                  // a change that the next look tells
  std::map<int, std::string> paths_;  // by watch descriptor
};

}  // namespace supervisor
