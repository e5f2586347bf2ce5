// Fetches the policy's SSM parameter, with its signature where one is demanded, and has it verified: the function that
// PolicyParameter refreshes with.
//
// Runs in: broker, main thread.   Blocks: never.   Owns: the call under way.
// The base key signs, not a role of the chain: reading policy must not need, or make, a role session.
// Fails: a pair that does not belong together is asked for again, kTornTries times after kTornPause: whoever pushes a
// policy writes one of the two first. Then it is kUnavailable. Faults of verified pairs: policy/source/verifier.h.
#pragma once

#include <memory>
#include <string>

#include "call/aws_call.h"
#include "policy/source/parameter.h"
#include "policy/source/verifier.h"
#include "profile/resolve.h"
#include "services/ssm.h"

namespace broker {

class PolicyFetch {
 public:
  static constexpr int kTornTries = 3;
  static constexpr std::chrono::milliseconds kTornPause{300};

  // All outlive the fetch.
  PolicyFetch(AwsContext& context, const ResolvedProfile& profile, std::string name, PolicyVerifier& verifier)
      : context_(context), profile_(profile), name_(std::move(name)), verifier_(verifier) {}
  // One at a time, as PolicyParameter asks.
  void operator()(PolicyParameter::Answer answer);

 private:
  void ask();
  void on_pair(ipc::Result<ParameterPair> pair);
  void finish(ipc::Result<FetchedPolicy> fetched);

  AwsContext& context_;
  const ResolvedProfile& profile_;
  std::string name_;
  PolicyVerifier& verifier_;
  PolicyParameter::Answer answer_;
  int torn_ = 0;
  std::unique_ptr<AwsCall> call_;
  std::unique_ptr<Timer> pause_;
};

}  // namespace broker
