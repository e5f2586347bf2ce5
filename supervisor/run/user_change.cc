#include "run/user_change.h"

#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "child/frozen_tree.h"
#include "ipc/process/pidfd.h"
#include "terminal/say.h"

namespace supervisor {

void UserChange::look_when_due(pid_t command, Time now) {
  if (!next_look_ || now < *next_look_) return;
  next_look_.reset();
  std::vector<pid_t> tree{command};
  for (std::size_t i = 0; i < tree.size() && i < kMostLookedAt; ++i) {
    const ipc::Result<ipc::Pidfd> process = ipc::Pidfd::open(tree[i]);
    const auto info = process ? process->info() : std::unexpected(process.error());
    if (info) see(info->uid);
    const std::vector<pid_t> children = children_of(tree[i]);
    tree.insert(tree.end(), children.begin(), children.end());
  }
}

void UserChange::see(uid_t uid) {
  const uid_t served = ::geteuid();
  if (uid == served || std::exchange(told_, true)) return;
  const std::string other = std::to_string(uid);
  report({ipc::Fault::kConfig,
          "a process of the command runs as user " + other + ", and this run serves user " + std::to_string(served) +
              " alone: AWS clients of user " + other + " cannot read the run's config, or are refused",
          "change the user first, and start sentinel as that user: gosu USER sentinel exec ..., or sudo -u USER "
          "sentinel exec ...",
          0});
}

}  // namespace supervisor
