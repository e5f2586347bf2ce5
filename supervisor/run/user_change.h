// A command that changes its user (gosu, su-exec, setpriv, sudo) can read neither the run's config nor its socket, and
// SDKs then say no more than that there are no credentials. So the run says it, once.
//
// Runs in: supervisor (keeper).   Blocks: never.
// Looks at the command's own process: soon after its start, for one that stays, and at its end. What it starts in turn
// is seen where it asks: the broker refuses it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>

#include "ipc/process/pidfd.h"

namespace supervisor {

class UserChange {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds kFirstLook{2};  // such a program changes the user at once

  // The command was started.
  void begin(Time now) { next_look_ = now + kFirstLook; }
  [[nodiscard]] std::optional<Time> next_look() const { return next_look_; }
  void look_when_due(const ipc::Pidfd& command, Time now);
  // The user that the command was seen to run as.
  void see(uid_t uid);

 private:
  std::optional<Time> next_look_;
  bool told_ = false;
};

}  // namespace supervisor
