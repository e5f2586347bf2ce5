// A policy that was read once, from a pipe: there is nothing to look at again, and no signature beside it.
//
// Blocks: on a file in memory, at the start.   Owns: the policy.
// Fails: kConfig for a text that is no policy, or where a signature is demanded.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "policy/source/source.h"
#include "policy/source/verifier.h"

namespace broker {

class PolicyOnce final : public PolicySource {
 public:
  // `fd` holds the text from its beginning; `name` is what to call it.
  static ipc::Result<std::unique_ptr<PolicyOnce>> open(int fd, const std::string& name, const PolicyVerifier& verifier);

  void start(Ready ready) override { ready({}); }
  ipc::Result<const Policy*> current(Clock::SinceBoot) override { return &policy_; }
  [[nodiscard]] std::optional<std::chrono::seconds> stale_for(Clock::SinceBoot) const override { return {}; }
  [[nodiscard]] std::uint64_t signed_version() const override { return 0; }

 private:
  explicit PolicyOnce(Policy policy) : policy_(std::move(policy)) {}
  Policy policy_;
};

}  // namespace broker
