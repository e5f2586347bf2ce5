#include "run/mfa_code.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>

#include "ipc/text/ascii.h"

namespace supervisor {
namespace {

using ipc::Fault;

std::string option_of(int fd) { return fd == STDIN_FILENO ? "--mfa-token -" : "--mfa-token-fd " + std::to_string(fd); }

std::unexpected<ipc::Error> not_a_code(int fd) {
  return ipc::fail(Fault::kUsage, "what " + option_of(fd) + " reads is not a code",
                   "write the six digits that the device shows, as one line");
}

}  // namespace

ipc::Status read_mfa_code(ExecRequest& request) {
  if (!request.mfa_token_fd) return {};
  const int fd = *request.mfa_token_fd;
  if (::fcntl(fd, F_GETFD) < 0) {
    return ipc::fail(Fault::kUsage, "descriptor " + std::to_string(fd) + " of --mfa-token-fd is not open",
                     "open it for sentinel, as in --mfa-token-fd 3 3<FILE");
  }
  if (::isatty(fd)) {
    return ipc::fail(Fault::kUsage, option_of(fd) + " reads from a terminal, which would show the code",
                     "leave it out: the terminal is asked for the code, without showing it");
  }
  std::array<char, 64> line{};
  std::size_t size = 0;
  while (size < line.size()) {
    const ssize_t got = ::read(fd, line.data() + size, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || line[size] == '\n') break;
    ++size;
  }
  const bool good = take_mfa_digits(ipc::trimmed({line.data(), size}, " \t\r"), request.mfa_token);
  ipc::wipe(line.data(), line.size());
  if (fd > STDERR_FILENO) ::close(fd);
  return good ? ipc::Status{} : not_a_code(fd);
}

}  // namespace supervisor
