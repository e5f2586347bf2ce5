// Lets a token vending machine judge and issue, in the place of a policy and STS. It refuses nothing itself: only the
// caller, its token and the line in the log are checked here, as for every judge.
//
// What follows from it: the server judges when it is asked, not at each request. Between two fetches its last answer
// counts, for two thirds of the keys' life; a refusal then ends what is kept (remote/fetch.h). A session that the
// server has revoked gets nothing more in this run.
// Blocks: never.   Owns: the server's description, and the chain of the signing key.
// Fails: open(): kConfig for a URL that is none to be asked (remote/server.h); a fetch: as remote/errors.def says.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "call/signing_keys.h"
#include "issuing/judge.h"
#include "keys/errands.h"
#include "keys/fetch.h"
#include "profile/resolve.h"
#include "remote/fetch.h"
#include "remote/server.h"

namespace broker {

class RemoteJudge final : public Judge {
 public:
  // All outlive it. Signed with the profile's keys unless there is a token file.
  struct Parts {
    AwsContext& context;
    ErrandDoer& errands;
    const ResolvedProfile& profile;
    std::string url, token_file, device_id;
    std::string session_name;                        // of the signing chain's roles, where the profile gives none
    std::function<void(const std::string&)> warn{};  // a sentence for the terminal; may be empty
  };
  static ipc::Result<std::unique_ptr<RemoteJudge>> open(Parts parts);

  void start(Ready ready) override { ready({}); }
  // The server finds out itself who asks.
  [[nodiscard]] bool needs_identity() const override { return false; }
  // Before the server is asked: nothing here refuses.
  ipc::Result<Verdict> verdict(std::optional<Via> transport) override;
  [[nodiscard]] Basis basis() const override { return {}; }
  // The server alone says what they may do; of the terms it is told their life.
  StartFetch keys_for(const IssueTerms& terms) override;
  [[nodiscard]] std::string_view issuer() const override { return "the remote server"; }
  // In the server's own words.
  [[nodiscard]] std::optional<Decision> refusal(const ipc::Error& error) const override;

 private:
  RemoteJudge(AwsContext& context, ErrandDoer& errands, RemoteServer server, const AwsEndpoint& sts)
      : context_(context), errands_(errands), server_(std::move(server)), sts_(sts) {}
  [[nodiscard]] BaseKeys* signer() const { return chain_ ? chain_.get() : context_.keys; }

  AwsContext& context_;
  ErrandDoer& errands_;
  RemoteServer server_;
  const AwsEndpoint& sts_;
  RemoteStanding standing_;
  std::string token_file_;
  std::unique_ptr<BaseKeys> chain_;  // null: the profile has no role, and its first key signs
};

}  // namespace broker
