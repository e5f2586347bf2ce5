// Finds out whose key a run begins with, and writes it into the run: what policies, the log and later renewals
// (keys/same_principal.h) know it by.
//
// Blocks: never.   Owns: the call under way; destroying it cancels.
// Fails: with the profile's name, where the key cannot be had or AWS does not know it; kUnavailable where the source
// gives other keys before AWS has answered, time after time.
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
  RunIdentity(AwsContext& context, const ResolvedProfile& profile, Run& run)
      : context_(context), profile_(profile), run_(run) {}
  // Calls back once, from the event loop; the callback may destroy this.
  void find(Done done);

 private:
  void ask();
  void on_principal(const ipc::Result<Principal>& principal);
  void finish(const ipc::Status& outcome);

  AwsContext& context_;
  const ResolvedProfile& profile_;
  Run& run_;
  Done done_;
  int asked_ = 0;
  std::unique_ptr<AwsCall> call_;
};

// Adds where a service that judges is asked, where a variable says so: "ssm http://127.0.0.1:4566 (AWS_ENDPOINT_URL)".
void add_endpoint(std::string& endpoints, std::string_view service, const AwsEndpoint& endpoint);

}  // namespace broker
