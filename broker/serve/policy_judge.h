// Judges the run by its policy, from what is known of the user, the device and the time now; its keys come from STS,
// by the profile's chain of roles. It says nothing of callers, tokens and lifetimes.
//
// Blocks: for a policy file that has changed.   Owns: nothing.
// Fails: verdict() with the error of a policy that cannot be read, has grown too old, or does not fit the profile.
#pragma once

#include <optional>
#include <string>

#include "device/posture.h"
#include "issuing/judge.h"
#include "keys/errands.h"
#include "policy/source/source.h"
#include "profile/resolve.h"
#include "tracking/tracker.h"

namespace broker {

// Whether a policy can be used for this run's profile at all: one that narrows a profile without a role cannot.
ipc::Status check_policy_fits(const Policy& policy, const Run& run);

class PolicyJudge final : public Judge {
 public:
  // All outlive it.
  struct Parts {
    const Run& run;
    AwsContext& aws;
    const ResolvedProfile& profile;
    PolicySource& policy;
    const PostureSource& posture;
    const SessionTracker& sessions;
    ErrandDoer* errands = nullptr;  // for issuing that needs the user's own process
  };
  explicit PolicyJudge(Parts parts) : parts_(parts) {}

  void start(Ready ready) override { parts_.policy.start(std::move(ready)); }
  [[nodiscard]] bool needs_identity() const override { return true; }
  ipc::Result<Verdict> verdict(std::optional<Via> transport) override;
  [[nodiscard]] Basis basis() const override;
  StartFetch keys_for(const IssueTerms& terms) override;
  [[nodiscard]] std::string_view issuer() const override { return "AWS"; }
  // The policy has spoken before keys are fetched.
  [[nodiscard]] std::optional<Decision> refusal(const ipc::Error&) const override { return {}; }

 private:
  const ipc::Status& fits(const Policy& policy);
  [[nodiscard]] PolicyQuery query(std::optional<Via> transport) const;

  Parts parts_;
  std::optional<ipc::Status> fits_;  // whether the policy with this hash fits the profile
  std::string fits_for_;
};

}  // namespace broker
