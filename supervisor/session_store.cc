#include "session_store.h"

#include <sys/stat.h>

#include "own_file.h"
#include "state_folder.h"

namespace supervisor {
namespace {

constexpr std::string_view kWhat = "the sessions that runs share";
constexpr std::string_view kNextStep = "set XDG_STATE_HOME to a folder of yours that you may write";

}  // namespace

ipc::Result<ipc::UniqueFd> open_session_store(std::string_view home, std::string_view state_home) {
  const auto folder = make_state_folder(home, state_home, kWhat, kNextStep);
  if (!folder) return std::unexpected(folder.error());
  const std::string path = *folder + "/sessions";
  return open_own_file({path, S_IRWXG | S_IRWXO, "is not yours alone, so no session is shared with other runs",
                        "remove it: " + path, kNextStep});
}

}  // namespace supervisor
