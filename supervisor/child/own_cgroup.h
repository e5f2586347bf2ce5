// A cgroup for the command's tree, where this process may make one: it is killed whole, in one call that no fork
// escapes.
//
// That is so where a manager has delegated our own cgroup to us (Delegate=yes of systemd: the mark user.delegate), or
// where we run as root without such a manager. A program may move itself out again, so the tree is walked all the same.
// Runs in: supervisor (keeper); made before the fork into face and keeper.   Blocks: never.
// Owns: the cgroup; the face may remove it, too.   Fails: never; a host that gives none has none.
// Source: cgroups(7), the kernel's cgroup-v2 documentation on delegation and cgroup.kill (Linux 5.14).
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>

namespace supervisor {

class OwnCgroup {
 public:
  OwnCgroup() = default;  // none
  // Tries, and takes back what did not work to the end. `proc` stands in for /proc/self in tests.
  static OwnCgroup make(const std::string& proc = "/proc/self");

  // False where the kernel refuses: then there is no such cgroup any more.
  bool take_in(pid_t);
  void kill() const;
  // With the empty cgroups that the command made in it. May be repeated.
  void remove() const;

 private:
  explicit OwnCgroup(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace supervisor
