#include "ipc/process/forked_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

#include "ipc/process/descriptors.h"

namespace ipc {

Result<ForkedProcess> fork_process(std::string_view what, const std::function<void(UniqueFd socket)>& be_it) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return system_error("socketpair");
  ForkedProcess forked;
  forked.socket = UniqueFd(ends[0]);
  UniqueFd theirs(ends[1]);
  forked.pid = ::fork();
  if (forked.pid < 0) return system_error("starting " + std::string(what));
  if (forked.pid > 0) return forked;
  forked.socket.reset();
  be_it(std::move(theirs));
  ::_exit(1);
}

bool begin_forked_process(const char* name, std::span<const KeptDescriptor> kept) {
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  ::prctl(PR_SET_NAME, name, 0, 0, 0);
  const int count = static_cast<int>(kept.size());
  std::vector<int> high;  // out of the way of the numbers that they get
  for (const KeptDescriptor& each : kept) {
    high.push_back(::fcntl(each.fd, F_DUPFD_CLOEXEC, count));
    if (high.back() < 0) return false;
  }
  for (int number = 0; number < count; ++number) {
    const auto at = static_cast<std::size_t>(number);
    if (::dup3(high[at], number, kept[at].for_programs ? 0 : O_CLOEXEC) != number) return false;
  }
  return close_descriptors(count);
}

}  // namespace ipc
