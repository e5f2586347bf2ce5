#include "serve/watch.h"

#include <event2/event.h>

#include <utility>

namespace broker {

ipc::Result<std::unique_ptr<Watch>> Watch::readable(event_base* base, int fd, std::function<void()> on_readable) {
  std::unique_ptr<Watch> watch(new Watch(std::move(on_readable)));
  const auto fire = [](evutil_socket_t, short, void* self) noexcept {
    const auto call = static_cast<Watch*>(self)->on_readable_;
    (*call)();
  };
  watch->handle_.reset(event_new(base, fd, EV_READ | EV_PERSIST, fire, watch.get()));
  if (!watch->handle_ || event_add(watch->handle_.get(), nullptr) != 0) {
    return ipc::fail(ipc::Fault::kSystem, "the event loop takes no more descriptors");
  }
  return watch;
}

}  // namespace broker
