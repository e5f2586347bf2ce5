// A process held by pidfd: signalled, waited for and identified without ever trusting a number that may be used again.
//
// Runs in: broker (who calls), supervisor (its children).   Blocks: never.   Owns: the descriptor, not the process.
// Source: pidfd_open(2), pidfd_send_signal(2), SO_PEERPIDFD (Linux 6.5), PIDFD_GET_INFO (Linux 6.13; see info()).
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "ipc/result.h"
#include "ipc/unique_fd.h"

namespace ipc {

// PIDFD_GET_INFO, _IOWR(0xFF, 11, 64 bytes); named here for the system call tables. Debian 12's headers are older.
inline constexpr unsigned long kPidfdGetInfo = 0xC040FF0B;

// What the kernel says of a process at one moment. ppid 0: the parent is outside our pid namespace or gone.
struct ProcessInfo {
  pid_t pid = 0;
  pid_t ppid = 0;
  uid_t uid = 0;             // effective user id
  std::uint64_t cgroup = 0;  // cgroup v2 id, 0 where the kernel does not say
};

// Whether this kernel answers PIDFD_GET_INFO. Where it does not, info() reads /proc, which a sandbox must then leave
// readable.
[[nodiscard]] bool kernel_has_pidfd_info();

class Pidfd {
 public:
  Pidfd() = default;
  explicit Pidfd(UniqueFd fd) : fd_(std::move(fd)) {}
  static Result<Pidfd> open(pid_t pid);
  // The process that connected `socket` (Unix), or created it (socketpair). Fails with ENOPROTOOPT before Linux 6.5,
  // ENODATA on TCP, and ESRCH or EINVAL for a peer that is gone.
  static Result<Pidfd> peer_of(int socket);

  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] explicit operator bool() const { return static_cast<bool>(fd_); }
  // Fails with ESRCH for a process that has been reaped. Falls back to /proc (fdinfo, status) where the kernel has no
  // PIDFD_GET_INFO, and then checks afterwards that the process still lives.
  [[nodiscard]] Result<ProcessInfo> info() const;
  // Unique for the life of the system and equal for two pidfds of one process (inode number; Linux 6.9). 0 before.
  [[nodiscard]] std::uint64_t identity() const;
  Status send_signal(int signal) const;

 private:
  UniqueFd fd_;
};

}  // namespace ipc
