// Fetches keys for a token of an identity provider: AssumeRoleWithWebIdentity, which needs no key to begin with. The
// token is read anew at each fetch, because its provider renews it.
//
// Two uses: as the keys that the broker's own calls are signed with and role chains begin with; and, where the profile
// has no further role, as what the command is given, with the rule's terms. It takes no tags and no source identity:
// those are the token's to say.
// Blocks: on the token's file.   Owns: the errand or call under way; the token until STS has answered, in memory that
// is wiped when it is freed (host/wiping_heap.h).
// Fails: with profile, file:line and role; never with the token.
// Source: docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "call/aws_call.h"
#include "keys/errands.h"
#include "keys/fetch.h"
#include "profile/plan.h"
#include "services/sts.h"

namespace broker {

struct WebIdentityTerms {
  std::string session_name;  // where the plan has none
  std::chrono::seconds duration{3600};
  NarrowedSession narrowing{};
};

class WebIdentityFetch final : public KeyFetch {
 public:
  // What the references name outlives it.
  WebIdentityFetch(AwsContext& context, ErrandDoer& errands, const WebIdentityPlan& plan, const AwsEndpoint& sts,
                   WebIdentityTerms terms, OnKeys done);

 private:
  void on_token(ipc::Result<ipc::SecretBuffer> token);
  void on_answer(std::expected<HttpAnswer, AwsCallError> outcome);
  void fail(ipc::Error error);

  AwsContext& context_;
  const WebIdentityPlan& plan_;
  const AwsEndpoint& sts_;
  WebIdentityTerms terms_;
  std::unique_ptr<Errand> errand_;
  std::unique_ptr<AwsCall> call_;
};

// As base keys, for an hour each. What the references name outlives the fetches.
StartFetch web_identity_keys(AwsContext& context, ErrandDoer& errands, const WebIdentityPlan& plan,
                             const AwsEndpoint& sts);

}  // namespace broker
