#include "session_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state_folder.h"

namespace supervisor {
namespace {

using ipc::Fault;

constexpr std::string_view kWhat = "the sessions that runs share";
constexpr std::string_view kNextStep = "set XDG_STATE_HOME to a folder of yours that you may write";

}  // namespace

ipc::Result<ipc::UniqueFd> open_session_store(std::string_view home, std::string_view state_home) {
  const auto folder = make_state_folder(home, state_home, kWhat, kNextStep);
  if (!folder) return std::unexpected(folder.error());
  const std::string path = *folder + "/sessions";
  ipc::UniqueFd fd(
      ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, S_IRUSR | S_IWUSR));
  struct stat st {};
  if (!fd || ::fstat(fd.get(), &st) != 0) return ipc::system_error("cannot open " + path, kNextStep);
  if (!S_ISREG(st.st_mode)) return ipc::fail(Fault::kConfig, path + " is not a file", "remove it");
  if (st.st_uid != ::geteuid() || (st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return ipc::fail(Fault::kConfig, path + " is not yours alone, so no session is shared with other runs",
                     "remove it: " + path);
  }
  return fd;
}

}  // namespace supervisor
