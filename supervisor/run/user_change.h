// A program that changes its user (gosu, su-exec, setpriv, su, sudo) can read neither the run's config nor its socket,
// and SDKs then say no more than that there are no credentials. So the run says it, once.
//
// Runs in: supervisor (keeper).   Blocks: never.
// Looks at the command and what it has started by then: soon after its start, as such programs come first in a command;
// and at each process of the tree that the keeper reaps. What is missed is refused by the broker where it asks.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <optional>

namespace supervisor {

class UserChange {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds kFirstLook{2};  // such a program changes the user at once
  static constexpr std::size_t kMostLookedAt = 256;     // processes

  // The command was started.
  void begin(Time now) { next_look_ = now + kFirstLook; }
  [[nodiscard]] std::optional<Time> next_look() const { return next_look_; }
  void look_when_due(pid_t command, Time now);
  // The user that a process of the command was seen to run as.
  void see(uid_t uid);

 private:
  std::optional<Time> next_look_;
  bool told_ = false;
};

}  // namespace supervisor
