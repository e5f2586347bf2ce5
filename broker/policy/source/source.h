// Where the policy comes from, seen by the authorizer: the policy in force at this moment, or why there is none.
//
// Units: time since boot, which goes on while the machine sleeps, so that a policy grows old in a closed laptop too.
// Fails: an error means that every request is refused with it. A stale or invalid policy is never a warning.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include "host/clock.h"
#include "ipc/result.h"
#include "policy/policy.h"

namespace broker {

class PolicySource {
 public:
  // Told when another policy comes into force, and when there is none any more. Never told twice of the same.
  using Changed = std::function<void(const ipc::Result<const Policy*>&)>;
  using Ready = std::function<void(ipc::Status)>;

  PolicySource() = default;
  PolicySource(const PolicySource&) = delete;
  PolicySource& operator=(const PolicySource&) = delete;
  virtual ~PolicySource() = default;

  // Tells `ready` once how it went to get the first policy.
  virtual void start(Ready ready) = 0;
  // The pointer is good until the event loop runs again or current() is called again.
  virtual ipc::Result<const Policy*> current(Clock::SinceBoot now) = 0;
  // How long ago the policy was last confirmed, where the latest try to confirm it failed; nothing while it is fresh.
  [[nodiscard]] virtual std::optional<std::chrono::seconds> stale_for(Clock::SinceBoot now) const = 0;
  // The version that the policy's signature names; 0: it is not signed.
  [[nodiscard]] virtual std::uint64_t signed_version() const = 0;
};

// Where the run names no policy: one without rules, which permits nothing.
class NoPolicy final : public PolicySource {
 public:
  void start(Ready ready) override { ready({}); }
  ipc::Result<const Policy*> current(Clock::SinceBoot) override { return &nothing_; }
  [[nodiscard]] std::optional<std::chrono::seconds> stale_for(Clock::SinceBoot) const override { return {}; }
  [[nodiscard]] std::uint64_t signed_version() const override { return 0; }

 private:
  Policy nothing_{};
};

}  // namespace broker
