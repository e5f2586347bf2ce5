// One run through a profile's chain: base key, AssumeRole for each role in order; without roles, GetSessionToken.
// The last link alone is narrowed and tagged: the keys in between never leave the broker, and must be able to assume
// the next role, which a narrowed session often could not. One run, one result; whether to run, and what to do with the
// result, is the issuer's question.
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
#include "issue_terms.h"
#include "profile.h"

namespace broker {

class Issuance {
 public:
  using OnDone = std::function<void(ipc::Result<IssuedCredentials>)>;
  // The callback comes once, from the event loop, and may destroy the run. `profile` outlives it.
  Issuance(AwsContext& context, const ResolvedProfile& profile, IssueTerms terms, OnDone done);

  // What was asked for at last: the terms' lifetime, less what an override has meanwhile lost of its time.
  [[nodiscard]] const Lifetime& lifetime() const { return lifetime_; }

 private:
  ipc::Status prepare();
  ipc::Status fix_end();
  void next_link();
  void fail_later(ipc::Error error);
  void on_answer(std::expected<HttpAnswer, AwsCallError> outcome);
  void finish(ipc::Result<IssuedCredentials> result);
  [[nodiscard]] std::string describe_link() const;
  [[nodiscard]] const BaseKey& signing_key() const { return hop_key_ ? *hop_key_ : profile_.base; }

  AwsContext& context_;
  const ResolvedProfile& profile_;
  IssueTerms terms_;
  OnDone done_;
  Lifetime lifetime_{};
  std::optional<std::chrono::sys_seconds> hard_end_;  // where AWS itself must end them
  std::string source_identity_, session_name_;
  std::size_t link_ = 0;  // index into the chain of the role being assumed
  std::optional<BaseKey> hop_key_;
  std::unique_ptr<AwsCall> call_;
  std::unique_ptr<Timer> early_failure_;
};

}  // namespace broker
