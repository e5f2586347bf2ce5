// Runs once through a profile's chain: base key, AssumeRole for each role in order; without roles, GetSessionToken of
// a long-term key; a temporary one is handed on as it is, because STS makes no session of it; and where the base is a
// web identity, its token assumes its role anew with the rule's own terms. The last link alone is narrowed and tagged:
// the keys in between never leave the broker, and must be able to assume the next role, which a narrowed session often
// could not. One run, one result; keys/fresh_keys.h decides when to run, and what to do with the result.
//
// Where the terms let the source identity be left out (SourceIdentity::kIfAllowed), a link whose role lacks
// sts:SetSourceIdentity alone is assumed once more without; everything else that is asked for stays. A name that an
// earlier link has set is AWS's to pass on, so that the chain then begins anew: the links behind that role alone set
// it. Blocks: never.   Owns: the keys of the links in between, wiped when the run ends. Fails: with the link that
// failed: which of how many, and which role.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "aws/credentials.h"
#include "call/aws_call.h"
#include "decide/issue_terms.h"
#include "host/callback_guard.h"
#include "keys/errands.h"
#include "keys/fetch.h"
#include "profile/resolve.h"
#include "services/sts.h"

namespace broker {

class RoleChainRun final : public KeyFetch {
 public:
  // `profile` and `errands` outlive it; the latter is needed where a web identity's token issues. `caller`: the ARN of
  // the key that the chain begins with, for what a denial says; empty: not known.
  RoleChainRun(AwsContext& context, const ResolvedProfile& profile, IssueTerms terms, OnKeys done,
               ErrandDoer* errands = nullptr, std::string caller = {});

  // What was asked for at last: the terms' lifetime, less what an override has meanwhile lost of its time.
  [[nodiscard]] const Lifetime& lifetime() const { return lifetime_; }
  [[nodiscard]] std::chrono::seconds granted() const override { return lifetime_.granted; }

 private:
  ipc::Status prepare();
  ipc::Status can_be_narrowed() const;
  void begin();
  void ask_by_token();
  void ask_base();
  void on_base(const ipc::Result<std::shared_ptr<const BaseKey>>& key);
  void hand_on(const BaseKey& key);
  ipc::Status may_be_handed_on(std::chrono::sys_seconds expiration) const;
  void finish_later(ipc::Result<IssuedCredentials> result);
  ipc::Status fix_end();
  void next_link();
  void fail_later(ipc::Error error);
  void on_answer(std::expected<HttpAnswer, AwsCallError> outcome);
  void on_refusal(AwsCallError error, std::string_view action);
  [[nodiscard]] bool leave_name_out(const AwsFailure& failure);
  void settle(IssuedCredentials keys);
  [[nodiscard]] TrustNeeds needs_of_link() const;
  [[nodiscard]] std::string describe_link() const;

  AwsContext& context_;
  const ResolvedProfile& profile_;
  IssueTerms terms_;
  ErrandDoer* errands_;
  const WebIdentityPlan* by_token_ = nullptr;  // whose token issues; null: AssumeRole, or no role
  Lifetime lifetime_{};
  std::optional<std::chrono::sys_seconds> hard_end_;  // where AWS itself must end them
  std::string caller_, source_identity_, session_name_;
  std::size_t named_from_ = 0;              // the first link that sets the source identity
  std::string unnamed_;                     // which links do not, and why
  std::size_t link_ = 0;                    // index into the chain of the role being assumed
  std::shared_ptr<const BaseKey> hop_key_;  // null at the first link: the base keys sign
  std::unique_ptr<AwsCall> call_;
  std::unique_ptr<KeyFetch> token_fetch_;
  std::unique_ptr<Timer> early_end_;
  CallbackGuard presence_;  // for a base key that comes when the run is gone
};

}  // namespace broker
