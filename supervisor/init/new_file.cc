#include "init/new_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "ipc/files/trusted_path.h"

namespace supervisor {
namespace {

constexpr std::string_view kNextStep = "set XDG_CONFIG_HOME to a folder of yours that you may write";

ipc::Status write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t got = ::write(fd, text.data(), text.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return ipc::system_error("write");
    text.remove_prefix(static_cast<std::size_t>(got));
  }
  return ::fsync(fd) == 0 ? ipc::Status{} : ipc::system_error("fsync");
}

// Under its own name only once it is whole. A file system that cannot rename without replacing can most often link.
int name_it(int folder, const char* from, const char* to) {
  if (::renameat2(folder, from, folder, to, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  const int failed = ::linkat(folder, from, folder, to, 0) == 0 ? 0 : errno;
  ::unlinkat(folder, from, 0);
  return failed;
}

}  // namespace

ipc::Result<Placed> place_new_file(const std::string& folder, const std::string& name, std::string_view text) {
  const std::string path = folder + "/" + name, partial = "." + name + "." + std::to_string(::getpid());
  (void)::mkdir(folder.substr(0, folder.rfind('/')).c_str(), 0700);  // what is wrong with it, the next one tells
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return ipc::system_error("cannot make the folder " + folder, kNextStep);
  const auto opened = ipc::open_trusted(folder, ipc::trust_user(::geteuid()), O_RDONLY | O_DIRECTORY);
  if (!opened) return std::unexpected(opened.error());
  const int at = opened->fd.get();
  struct stat there {};
  if (::fstatat(at, name.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0) return Placed::WasThere;
  ::unlinkat(at, partial.c_str(), 0);  // of an earlier process of this number that was killed
  const ipc::UniqueFd file(::openat(at, partial.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return ipc::system_error("cannot write " + path, kNextStep);
  if (ipc::Status written = write_all(file.get(), text); !written) {
    ::unlinkat(at, partial.c_str(), 0);
    errno = written.error().sys_errno;
    return ipc::system_error("cannot write " + path, kNextStep);
  }
  const int failed = name_it(at, partial.c_str(), name.c_str());
  if (failed != 0) ::unlinkat(at, partial.c_str(), 0);
  if (failed == EEXIST) return Placed::WasThere;
  errno = failed;
  if (failed != 0) return ipc::system_error("cannot write " + path, kNextStep);
  return Placed::Written;
}

}  // namespace supervisor
