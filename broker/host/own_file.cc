#include "host/own_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "host/bounded_read.h"
#include "ipc/unique_fd.h"

namespace broker {
namespace {

using ipc::Fault;

ipc::Status check_target(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return {};
    return ipc::system_error("cannot look at " + path, "name a file in a folder of yours");
  }
  if (S_ISREG(status.st_mode)) return {};
  const char* const what = S_ISLNK(status.st_mode) ? " is a symbolic link" : " is not a regular file";
  return ipc::fail(Fault::kConfig, path + what + ", and is not written through", "name the file itself");
}

}  // namespace

ipc::Result<ipc::UniqueFd> open_to_read(const std::string& path, bool or_stdin) {
  const bool is_stdin = or_stdin && path == "-";
  const bool is_open =
      is_stdin || path == "/dev/stdin" || path.starts_with("/dev/fd/") || path.starts_with("/proc/self/fd/");
  // Without O_NONBLOCK, to open a pipe by its name waits for its writer.
  ipc::UniqueFd fd(is_stdin ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                            : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | (is_open ? 0 : O_NONBLOCK)));
  if (!fd) return ipc::system_error("cannot open " + path, "check its name and its rights");
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return ipc::system_error("cannot look at " + path);
  if (S_ISREG(status.st_mode)) return fd;
  if (is_open && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) || ::isatty(fd.get()) == 1)) return fd;
  return ipc::fail(Fault::kConfig, path + " is not a regular file",
                   S_ISFIFO(status.st_mode) ? "name a file, or give the pipe as <(command)" : "name a file");
}

ipc::Result<std::string> read_whole_file(const std::string& path, std::size_t max_bytes) {
  const ipc::Result<ipc::UniqueFd> opened = open_to_read(path);
  if (!opened) return std::unexpected(opened.error());
  const ipc::UniqueFd& fd = *opened;
  std::optional<std::string> text = read_up_to(fd.get(), max_bytes + 1);
  if (!text) return ipc::system_error("cannot read " + path, "check its rights and its disk");
  if (text->size() > max_bytes) {
    return ipc::fail(Fault::kConfig, path + " is longer than " + std::to_string(max_bytes) + " bytes",
                     "check its name: no such file is that long");
  }
  return std::move(*text);
}

ipc::Status write_and_sync(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t put = ::write(fd, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return ipc::system_error("cannot write " + path, "look at the space and the rights of its folder");
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  if (::fsync(fd) != 0) return ipc::system_error("cannot write " + path, "look at the space of its disk");
  return {};
}

ipc::Status write_own_file(const std::string& path, std::string_view text) {
  if (const ipc::Status good = check_target(path); !good) return good;
  std::string beside = path + ".XXXXXX";
  const ipc::UniqueFd fd(::mkostemp(beside.data(), O_CLOEXEC));  // mode 0600
  if (!fd) return ipc::system_error("cannot make a file beside " + path, "name a file in a folder of yours");
  ipc::Status done = write_and_sync(fd.get(), text, path);
  if (done && ::rename(beside.c_str(), path.c_str()) != 0) done = ipc::system_error("cannot write " + path);
  if (!done) (void)::unlink(beside.c_str());
  return done;
}

std::string relative_to(const std::string& beside, const std::string& name) {
  const std::size_t slash = beside.rfind('/');
  if (name.starts_with('/') || slash == std::string::npos) return name;
  return beside.substr(0, slash + 1) + name;
}

}  // namespace broker
