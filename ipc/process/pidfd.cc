#include "ipc/process/pidfd.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <string>

namespace ipc {
namespace {

#ifndef SO_PEERPIDFD
constexpr int SO_PEERPIDFD = 77;
#endif

// The kernel's <linux/pidfd.h>; Debian 12's headers (6.1) are older than the call.
struct KernelPidfdInfo {
  std::uint64_t mask, cgroupid;
  std::uint32_t pid, tgid, ppid, ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
  std::int32_t exit_code;
};
static_assert(sizeof(KernelPidfdInfo) == 64, "PIDFD_INFO_SIZE_VER0");
static_assert(kPidfdGetInfo == _IOWR(0xFF, 11, KernelPidfdInfo));
constexpr std::uint64_t kHasPid = 1, kHasCreds = 2, kHasCgroup = 4;
constexpr unsigned long kPidfsMagic = 0x50494446;  // PID_FS_MAGIC: only there are inode numbers unique

std::string read_small_file(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char text[4096];
  const ssize_t got = fd ? ::read(fd.get(), text, sizeof text) : -1;
  return got > 0 ? std::string(text, static_cast<std::size_t>(got)) : std::string();
}

// The number behind "\nKey:\t" in a /proc file, or -1.
long number_after(const std::string& text, const char* key) {
  const auto at = text.find(key);
  long value = -1;
  if (at == std::string::npos || std::sscanf(text.c_str() + at + std::strlen(key), "%ld", &value) != 1) return -1;
  return value;
}

Result<ProcessInfo> info_from_proc(const Pidfd& process) {
  const long pid = number_after(read_small_file("/proc/self/fdinfo/" + std::to_string(process.fd())), "\nPid:");
  if (pid <= 0) {
    errno = ESRCH;
    return system_error("process identity");
  }
  const std::string status = read_small_file("/proc/" + std::to_string(pid) + "/status");
  const long ppid = number_after(status, "\nPPid:");
  unsigned real = 0, effective = 0;
  const auto at = status.find("\nUid:");
  const bool have_uid =
      at != std::string::npos && std::sscanf(status.c_str() + at, "\nUid: %u %u", &real, &effective) == 2;
  // Only now: had the process gone before the read, the number might already belong to another.
  // EPERM is Landlock's answer for any process outside, from ABI 6: it means that the process is there.
  if (Status alive = process.send_signal(0); !alive && alive.error().sys_errno != EPERM) {
    return std::unexpected(alive.error());
  }
  if (status.empty()) {
    return fail(Fault::kSystem,
                "/proc hides a process of Sentinel's (hidepid), and this kernel tells parents there alone",
                "mount /proc without hidepid, or with gid= of a group that you are in; or use Linux 6.13 or later");
  }
  if (ppid < 0 || !have_uid) {
    errno = ESRCH;
    return system_error("process identity");
  }
  return ProcessInfo{static_cast<pid_t>(pid), static_cast<pid_t>(ppid), effective, 0};
}

}  // namespace

bool kernel_has_pidfd_info() {
  const Result<Pidfd> self = Pidfd::open(::getpid());
  KernelPidfdInfo raw{};
  raw.mask = kHasPid;
  return self && ::ioctl(self->fd(), kPidfdGetInfo, &raw) == 0;
}

Result<Pidfd> Pidfd::open(pid_t pid) {
  UniqueFd fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  // For no process does the kernel itself say EPERM.
  if (!fd && (errno == ENOSYS || errno == EPERM)) {
    return system_error(
        "pidfd_open is not to be had here",
        "run on Linux 5.3 or newer; in a container, update its runtime, or give it a seccomp profile that "
        "knows pidfd_open");
  }
  if (!fd) return system_error("pidfd_open");
  return Pidfd(std::move(fd));
}

Result<Pidfd> Pidfd::peer_of(int socket) {
  int fd = -1;
  socklen_t size = sizeof fd;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &fd, &size) != 0) return system_error("SO_PEERPIDFD");
  return Pidfd(UniqueFd(fd));
}

Result<ProcessInfo> Pidfd::info() const {
  KernelPidfdInfo raw{};
  raw.mask = kHasPid | kHasCreds | kHasCgroup;
  if (::ioctl(fd_.get(), kPidfdGetInfo, &raw) != 0) {
    if (errno == ENOTTY || errno == EINVAL) return info_from_proc(*this);
    return system_error("process identity");
  }
  if ((raw.mask & kHasPid) == 0 || (raw.mask & kHasCreds) == 0 || raw.pid == 0) {
    errno = ESRCH;
    return system_error("process identity");
  }
  return ProcessInfo{static_cast<pid_t>(raw.tgid), static_cast<pid_t>(raw.ppid), raw.euid,
                     (raw.mask & kHasCgroup) ? raw.cgroupid : 0};
}

std::uint64_t Pidfd::identity() const {
  struct statfs fs {};
  struct stat st {};
  if (::fstatfs(fd_.get(), &fs) != 0 || static_cast<unsigned long>(fs.f_type) != kPidfsMagic) return 0;
  return ::fstat(fd_.get(), &st) == 0 ? st.st_ino : 0;
}

Status Pidfd::send_signal(int signal) const {
  if (::syscall(SYS_pidfd_send_signal, fd_.get(), signal, nullptr, 0) != 0) return system_error("signalling a process");
  return {};
}

}  // namespace ipc
