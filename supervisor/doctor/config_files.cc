// The check of Sentinel's own config files: which are in force, and whether a run would take them.
#include "doctor/files.h"
#include "doctor/host.h"
#include "settings/config_file.h"

namespace supervisor {

Found check_config_files(const Host& host) {
  const std::string user = user_config_path(host.home, host.path_in("XDG_CONFIG_HOME"));
  const ipc::Trust root_alone{host.uid_of_root, std::nullopt, !host.root.empty()};  // a test's folder lies in /tmp
  std::vector<std::string> in_force;
  for (const auto& [path, owner, trust] :
       {std::tuple(std::string(kRootConfig), Settable::Root, root_alone),
        std::tuple(user, Settable::User, ipc::Trust{host.uid, host.private_group})}) {
    const auto file = read_config(host.at(path), owner, trust);
    if (!file) return {Answer::No, file.error().what, file.error().next_step};
    if (file->is_there) in_force.push_back(shown_path(host, path));
  }
  return {Answer::Yes, in_force.empty() ? "there is none" : listed(in_force)};
}

}  // namespace supervisor
