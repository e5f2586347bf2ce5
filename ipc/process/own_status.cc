#include "ipc/process/own_status.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <string_view>

namespace ipc {
namespace {

constexpr std::size_t kOneDescriptor = CMSG_SPACE(sizeof(int));

struct OneByte {
  OneByte() {
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
  }
  char byte = '.';
  iovec part{&byte, 1};
  alignas(cmsghdr) char control[kOneDescriptor] = {};
  msghdr header{};
};

// Not what the text says, which a process could imitate with its command line: which file it is.
bool is_status_of(int descriptor, pid_t pid) {
  struct statfs where {};
  char path[64];
  const ssize_t got = ::readlink(("/proc/self/fd/" + std::to_string(descriptor)).c_str(), path, sizeof path);
  return ::fstatfs(descriptor, &where) == 0 && where.f_type == PROC_SUPER_MAGIC && got > 0 &&
         std::string_view(path, static_cast<std::size_t>(got)) == "/proc/" + std::to_string(pid) + "/status";
}

}  // namespace

UniqueFd open_own_status() { return UniqueFd(::open("/proc/self/status", O_RDONLY | O_CLOEXEC)); }

bool pass_descriptor(int socket, const UniqueFd& descriptor) {
  OneByte message;
  cmsghdr* const c = CMSG_FIRSTHDR(&message.header);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(sizeof(int));
  const int fd = descriptor.get();
  std::memcpy(CMSG_DATA(c), &fd, sizeof fd);
  return descriptor && ::sendmsg(socket, &message.header, MSG_DONTWAIT | MSG_NOSIGNAL) == 1;
}

UniqueFd take_descriptor(int socket) {
  constexpr std::chrono::milliseconds kPatience{5000};
  pollfd there{socket, POLLIN, 0};
  OneByte message;
  ssize_t got;
  do {
    if (::poll(&there, 1, static_cast<int>(kPatience.count())) == 0) return {};
    got = ::recvmsg(socket, &message.header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  } while (got < 0 && (errno == EINTR || errno == EAGAIN));
  const cmsghdr* const c = got == 1 ? CMSG_FIRSTHDR(&message.header) : nullptr;
  if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(sizeof(int)))
    return {};
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(c), sizeof fd);
  return UniqueFd(fd);
}

Result<SeenProtection> seen_in(const UniqueFd& status, pid_t pid) {
  char text[8192];
  const bool right = status && is_status_of(status.get(), pid);
  const ssize_t got = right ? ::pread(status.get(), text, sizeof text, 0) : -1;
  if (got > 0) return seen_in_text({text, static_cast<std::size_t>(got)});
  return fail(Fault::kSystem, "what the kernel says of a helper of Sentinel cannot be read in /proc",
              "mount a /proc where sentinel runs; it may have hidepid");
}

}  // namespace ipc
