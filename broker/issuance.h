// One run through a profile's chain: base key, AssumeRole for each role in order; without roles, GetSessionToken.
// One run, one result; whether to run, and what to do with the result, is the issuer's question.
//
// Runs in: broker, main thread.   Blocks: never.   Owns: the keys of the links in between, wiped when the run ends.
// Fails: with the link that failed: which of how many, and which role.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "aws_call.h"
#include "credentials.h"
#include "profile.h"

namespace broker {

// What an issuance is for; part of the source identity.
struct IssueTerms {
  std::string user;                  // Principal::user; may be empty
  std::string marker = "direct";     // or an approval id
  std::chrono::seconds duration{0};  // 0: the profile's duration_seconds, else an hour
};

// How long the command's keys will live, by AWS's limits: at least 15 minutes; at most an hour where one role's keys
// assume the next (a longer wish is cut to that), 12 hours for a single role, 36 for GetSessionToken.
// Fails: kConfig for what STS would refuse, among it GetSessionToken from a key that is already temporary.
ipc::Result<std::chrono::seconds> issued_lifetime(const ResolvedProfile& profile, std::chrono::seconds wanted);

class Issuance {
 public:
  using OnDone = std::function<void(ipc::Result<IssuedCredentials>)>;
  // The callback comes once, from the event loop, and may destroy the run. `profile` outlives it.
  Issuance(AwsContext& context, const ResolvedProfile& profile, const IssueTerms& terms, OnDone done);

 private:
  ipc::Status prepare(const IssueTerms& terms);
  void next_link();
  void on_answer(std::expected<HttpAnswer, AwsCallError> outcome);
  void finish(ipc::Result<IssuedCredentials> result);
  [[nodiscard]] std::string describe_link() const;
  [[nodiscard]] const BaseKey& signing_key() const { return hop_key_ ? *hop_key_ : profile_.base; }

  AwsContext& context_;
  const ResolvedProfile& profile_;
  OnDone done_;
  std::chrono::seconds lifetime_{0};
  std::string source_identity_, session_name_;
  std::size_t link_ = 0;  // index into the chain of the role being assumed
  std::optional<BaseKey> hop_key_;
  std::unique_ptr<AwsCall> call_;
  std::unique_ptr<Timer> early_failure_;
};

}  // namespace broker
