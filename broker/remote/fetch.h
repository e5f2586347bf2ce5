// Tries once to get keys from a token vending machine: what says who asks (a signing key, or a token out of a file
// that something else renews), the request, the answer. Another may follow; keys/fresh_keys.h decides when.
//
// What is signed with is what the profile itself gives, its first key or the last role of its chain, without anything
// that a policy here narrows: no policy is asked here, and the keys that sign never leave the broker.
// Whose the keys are that came, AWS itself is asked: the log names it, and keys of another principal than the first are
// refused. Where AWS cannot be asked at first, that is said once, and no change would be seen.
// Blocks: for the token's small file.   Owns: the call or errand under way.
// Fails: as remote/errors.def says. A refusal withdraws what was fetched earlier: who has judged anew means it now.
// Keys of another principal, and later ones whose owner AWS does not say, withdraw nothing.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "aws/principal.h"
#include "call/aws_call.h"
#include "call/signing_keys.h"
#include "host/callback_guard.h"
#include "keys/errands.h"
#include "keys/fetch.h"
#include "remote/server.h"

namespace broker {

// What is known of the server's answers so far; of the run, so that each fetch is compared with those before.
struct RemoteStanding {
  Principal owner{};                               // whose the keys were; ARN empty: not known
  bool said_unknown = false;                       // the user has heard that it is not
  std::optional<ipc::Error> revoked{};             // nothing is asked any more
  std::function<void(const std::string&)> warn{};  // a sentence for the terminal; may be empty
};

// All outlive the fetch.
struct RemoteParts {
  AwsContext& context;
  const RemoteServer& server;
  const AwsEndpoint& sts;  // says whose keys came
  RemoteStanding& standing;
  BaseKeys* signer = nullptr;     // null: the token file says who asks
  ErrandDoer* errands = nullptr;  // opens the token file
  std::string token_file{};       // absolute
};

class RemoteFetch final : public KeyFetch {
 public:
  static constexpr std::chrono::minutes kLongestQuiet{5};  // however long the server asks to be left alone

  RemoteFetch(RemoteParts parts, std::chrono::seconds duration, OnKeys done);

  [[nodiscard]] std::chrono::seconds quiet_for() const override { return quiet_; }
  [[nodiscard]] bool withdraws() const override { return withdraws_; }

 private:
  void ask_signer();
  void open_token();
  void on_token(const ipc::Result<ipc::UniqueFd>& file);
  void call(AwsRequest request, SharedKey key);
  void on_answer(std::expected<HttpAnswer, AwsCallError> outcome);
  void on_owner(const ipc::Result<Principal>& owner);
  void go_on_without_owner(const ipc::Error& why);
  ipc::Error explain(AwsCallError failure);
  void fail_later(ipc::Error error);

  RemoteParts parts_;
  std::chrono::seconds duration_;
  std::chrono::seconds quiet_{0};
  bool withdraws_ = false;
  std::shared_ptr<IssuedCredentials> keys_;  // shared with the call that asks whose they are
  std::unique_ptr<Errand> errand_;
  std::unique_ptr<AwsCall> call_;
  std::unique_ptr<Timer> early_end_;
  CallbackGuard presence_;  // for a key that comes when the fetch is gone
};

// What is told the server instead of a signature: one line of visible characters. `path`: for sentences.
ipc::Result<ipc::SecretBuffer> read_bearer_token(const ipc::UniqueFd& file, const std::string& path);

}  // namespace broker
