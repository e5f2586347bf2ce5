#include "own_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace supervisor {

using ipc::Fault;

ipc::Result<ipc::UniqueFd> open_own_file(const OwnFile& file) {
  const std::string& path = file.path;
  ipc::UniqueFd fd(
      ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, S_IRUSR | S_IWUSR));
  struct stat st {};
  if (!fd || ::fstat(fd.get(), &st) != 0) return ipc::system_error("cannot open " + path, file.no_access);
  if (!S_ISREG(st.st_mode)) return ipc::fail(Fault::kConfig, path + " is not a file", "remove it");
  if (st.st_uid == ::geteuid() && (st.st_mode & file.never) == 0) return fd;
  return ipc::fail(Fault::kConfig, path + " " + file.why, file.next_step);
}

}  // namespace supervisor
