// Finds out whose key a profile begins with, and writes it into its run and beside the key: what policies, the log and
// later renewals (keys/same_principal.h) know it by. AWS is asked once for each first key: profiles that begin with the
// same have one owner.
//
// Blocks: never.   Owns: the call under way; destroying it cancels.
// Fails: with the profile's name, where the key cannot be had or AWS does not know it; kUnavailable where the source
// gives other keys before AWS has answered, time after time; kRefused where they are another's than at first.
#pragma once

#include <functional>
#include <memory>

#include "aws/principal.h"
#include "call/aws_call.h"
#include "decide/lifetime.h"
#include "decide/run.h"
#include "profile/resolve.h"

namespace broker {

// As far as the profile says it; add_what_aws_says() adds what only the first key and AWS say of it.
KeySource key_source(const ResolvedProfile& profile);
void add_what_aws_says(KeySource& source, const ResolvedProfile& profile, bool temporary_base,
                       const Principal& principal);

class RunIdentity {
 public:
  using Done = std::function<void(ipc::Status)>;
  static constexpr int kMostAsked = 3;  // whose the key is, where it is another one by the time of the answer

  // All outlive it.
  // `owner`: of the first key; all empty until AWS has said it, to this or to another profile's.
  RunIdentity(AwsContext& context, const ResolvedProfile& profile, Principal& owner, Run& run)
      : context_(context), profile_(profile), owner_(owner), run_(run) {}
  // Calls back once, from the event loop, or at once where the owner is known; the callback may destroy this.
  void find(Done done);

 private:
  void ask();
  void take(const Principal& principal);
  void on_principal(const ipc::Result<Principal>& principal);
  void finish(const ipc::Status& outcome);

  AwsContext& context_;
  const ResolvedProfile& profile_;
  Principal& owner_;
  Run& run_;
  Done done_;
  int asked_ = 0;
  std::unique_ptr<AwsCall> call_;
};

// Adds where a service that judges is asked, where a variable says so: "ssm http://127.0.0.1:4566 (AWS_ENDPOINT_URL)".
void add_endpoint(std::string& endpoints, std::string_view service, const AwsEndpoint& endpoint);

}  // namespace broker
