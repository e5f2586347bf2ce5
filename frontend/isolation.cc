#include "isolation.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace frontend {
namespace {

constexpr int kNamespaces = CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNS | CLONE_NEWCGROUP;

// An empty, read-only file system as root. It has no folders to put the old root in; pivot_root(".", ".") stacks the
// old one on top, from where it is taken off.
bool enter_empty_root() {
  constexpr unsigned long kFlags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  if (::mount("none", "/proc", "tmpfs", kFlags, "size=4k,nr_inodes=2,mode=0555") != 0) return false;
  if (::chdir("/proc") != 0) return false;
  if (::syscall(SYS_pivot_root, ".", ".") != 0) return false;
  return ::umount2(".", MNT_DETACH) == 0 && ::chdir("/") == 0;
}

}  // namespace

Isolation isolate() {
  if (::unshare(kNamespaces) != 0) return {true, std::string("no namespaces (") + std::strerror(errno) + ")"};
  if (!enter_empty_root()) {
    return {false, std::string("own user, net, ipc, uts, mount and cgroup namespaces, no empty root (") +
                       std::strerror(errno) + ")"};
  }
  return {false, "own user, net, ipc, uts, mount and cgroup namespaces, empty root"};
}

}  // namespace frontend
