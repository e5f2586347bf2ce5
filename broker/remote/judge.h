// The token vending machine in the place of a policy: it judges whoever it is asked for, and issues itself. Here only
// the caller and his token are checked, and that nobody is answered without a line in the log.
//
// What follows from it: the server judges when it is asked, not at each request. Between two fetches its last answer
// counts, for two thirds of the keys' life; a refusal then ends what is kept (remote/fetch.h).
// Runs in: broker, main thread.   Blocks: never.   Owns: the server's description, and the chain of the signing key.
// Fails: open(): kConfig for a URL that is none to be asked (remote/server.h); a fetch: as remote/errors.def says.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "call/signing_keys.h"
#include "keys/errands.h"
#include "keys/fetch.h"
#include "policy/source/source.h"
#include "profile/resolve.h"
#include "remote/server.h"

namespace broker {

class RemoteJudge final : public NoPolicy {
 public:
  // All outlive it. Signed with the profile's keys unless there is a token file.
  struct Parts {
    AwsContext& context;
    ErrandDoer& errands;
    const ResolvedProfile& profile;
    std::string url, token_file, device_id;
    std::string session_name;  // of the signing chain's roles, where the profile gives none
  };
  static ipc::Result<std::unique_ptr<RemoteJudge>> open(Parts parts);

  // Keys that live so long.
  [[nodiscard]] StartFetch fetch(std::chrono::seconds duration);
  // Before the server is asked: nothing here refuses.
  [[nodiscard]] static Verdict verdict();
  // Once it has refused, in its own words.
  [[nodiscard]] static Verdict refusal(const ipc::Error& error);

 private:
  RemoteJudge(AwsContext& context, ErrandDoer& errands, RemoteServer server)
      : context_(context), errands_(errands), server_(std::move(server)) {}
  [[nodiscard]] BaseKeys* signer() const { return chain_ ? chain_.get() : context_.keys; }

  AwsContext& context_;
  ErrandDoer& errands_;
  RemoteServer server_;
  std::string token_file_;
  std::unique_ptr<BaseKeys> chain_;  // null: the profile has no role, and its first key signs
};

}  // namespace broker
