// Fetches the policy's SSM parameter, signed with the base key: the function that PolicyParameter refreshes with.
//
// Runs in: broker, main thread.   Blocks: never.   Owns: the call under way.
// The base key signs, not a role of the chain: reading policy must not need, or make, a role session.
#pragma once

#include <memory>
#include <string>

#include "aws_call.h"
#include "policy_parameter.h"
#include "profile.h"

namespace broker {

class PolicyFetch {
 public:
  // All outlive the fetch.
  PolicyFetch(AwsContext& context, const ResolvedProfile& profile, std::string name)
      : context_(context), profile_(profile), name_(std::move(name)) {}
  void operator()(PolicyParameter::Answer answer);

 private:
  AwsContext& context_;
  const ResolvedProfile& profile_;
  std::string name_;
  std::unique_ptr<AwsCall> call_;
};

}  // namespace broker
