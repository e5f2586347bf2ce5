// A descriptor of the loop: calls back whenever it is readable, until this is destroyed. It leaves epoll before it is
// closed where this goes first (broker/caller/KERNEL.md, fact 8).
//
// Blocks: never.   Owns: the event, not the descriptor. The callback may destroy it.
#pragma once

#include <functional>
#include <memory>

#include "host/timers.h"
#include "ipc/result.h"

namespace broker {

class Watch {
 public:
  // Fails: kSystem where the loop takes no more.
  static ipc::Result<std::unique_ptr<Watch>> readable(event_base* base, int fd, std::function<void()> on_readable);
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  explicit Watch(std::function<void()> on_readable)
      : on_readable_(std::make_shared<const std::function<void()>>(std::move(on_readable))) {}

  std::shared_ptr<const std::function<void()>> on_readable_;  // held while it runs: it may end the watch
  EventPtr handle_;
};

}  // namespace broker
