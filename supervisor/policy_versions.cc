#include "policy_versions.h"

#include <sys/stat.h>

#include <cerrno>

#include "own_file.h"
#include "state_folder.h"

namespace supervisor {
namespace {

constexpr std::string_view kWhat = "the versions of signed policies";
constexpr std::string_view kNextStep = "set XDG_STATE_HOME to a folder of yours that you may write";

}  // namespace

bool demands_signature(const ExecRequest& request, const char* host_key) {
  if (request.policy_file.empty() && request.policy_parameter.empty()) return false;
  if (!request.policy_key.empty() || !request.policy_kms_key.empty()) return true;
  struct stat st {};
  return ::lstat(host_key, &st) == 0 || errno != ENOENT;  // one that cannot be looked at may be there
}

ipc::Result<ipc::UniqueFd> open_policy_versions(std::string_view home, std::string_view state_home) {
  const auto folder = make_state_folder(home, state_home, kWhat, kNextStep);
  if (!folder) return std::unexpected(folder.error());
  const std::string path = *folder + "/policy-versions";
  return open_own_file({path, S_IWGRP | S_IWOTH, "can be written by others, who could make an old policy count again",
                        "look at what is in it, then make it yours alone: chmod 600 " + path, kNextStep});
}

}  // namespace supervisor
