// Wraps a callback so that it does nothing after its owner was destroyed. For requests that cannot be cancelled.
//
// Blocks: never.   Owns: one mark, which ends with the owner.
#pragma once

#include <memory>
#include <utility>

namespace broker {

// A member of the owner; what guard() returns does nothing once the owner is gone.
class CallbackGuard {
 public:
  CallbackGuard() = default;
  CallbackGuard(const CallbackGuard&) = delete;  // a copy would keep the mark when its owner is gone
  CallbackGuard& operator=(const CallbackGuard&) = delete;
  template <class Callback>
  [[nodiscard]] auto guard(Callback callback) const {
    return [mark = std::weak_ptr<const char>(mark_), callback = std::move(callback)](auto&&... arguments) {
      if (!mark.expired()) callback(std::forward<decltype(arguments)>(arguments)...);
    };
  }

 private:
  std::shared_ptr<const char> mark_ = std::make_shared<const char>();
};

}  // namespace broker
