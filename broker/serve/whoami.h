// Answers `sentinel whoami`: whose key a profile begins with, by which name policies know its user, where the key
// comes from, and what the policy would say now. Nothing is issued, so nothing is logged.
//
// Blocks: never.   Owns: the call under way.
// Fails: where the key cannot be had, or AWS does not know it. A policy that cannot be used is part of the answer.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "call/aws_call.h"
#include "decide/run.h"
#include "ipc/messages.h"
#include "issuing/judge.h"
#include "policy/source/source.h"
#include "policy/source/verifier.h"
#include "profile/resolve.h"
#include "run_profiles/run_identity.h"
#include "run_profiles/run_profile.h"

namespace broker {

// "key of profile marta (static), then role arn:… (profile ledger)". `shared_since`: when another run made the MFA
// session.
std::string source_text(const ResolvedProfile& profile, std::string_view source,
                        std::optional<std::chrono::sys_seconds> shared_since = {});

class WhoamiAnswer {
 public:
  using Done = std::function<void(ipc::Result<ipc::Whoami>)>;
  struct Parts {
    RunProfile& profile;  // the mode and transport of its run are those of the question that is being asked
    const PolicyVerifier& verifier;
    const PolicySource& policy;
    const ipc::Begin& task;
  };
  explicit WhoamiAnswer(Parts parts)
      : parts_(parts),
        identity_(parts.profile.key().aws, parts.profile.resolved(), parts.profile.key().principal,
                  parts.profile.run()) {}
  // Calls back once, later, from the event loop.
  void begin(Done done);
  // The roles that the profile assumes, in their order; said before the answer.
  [[nodiscard]] std::vector<ipc::WhoamiRole> roles() const;

 private:
  void on_identity(const ipc::Status& found);
  void answer();
  void add_policy(ipc::Whoami& message);
  [[nodiscard]] std::string signature_words() const;
  [[nodiscard]] Decision decide(Mode mode, std::optional<Via> transport);

  Parts parts_;
  RunIdentity identity_;
  Done done_;
  bool have_identity_ = false, have_policy_ = false;
  ipc::Status policy_loaded_;
};

}  // namespace broker
