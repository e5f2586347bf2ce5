#include "run/user_change.h"

#include <unistd.h>

#include <string>
#include <utility>

#include "terminal/say.h"

namespace supervisor {

void UserChange::look_when_due(const ipc::Pidfd& command, Time now) {
  if (!next_look_ || now < *next_look_) return;
  next_look_.reset();
  if (const auto info = command.info()) see(info->uid);
}

void UserChange::see(uid_t uid) {
  const uid_t served = ::geteuid();
  if (uid == served || std::exchange(told_, true)) return;
  const std::string other = std::to_string(uid);
  report({ipc::Fault::kConfig,
          "the command runs as user " + other + ", and this run serves user " + std::to_string(served) +
              " alone: AWS clients of user " + other + " cannot read the run's config, or are refused",
          "change the user first, and start sentinel as that user: gosu USER sentinel exec ..., or sudo -u USER "
          "sentinel exec ...",
          0});
}

}  // namespace supervisor
