// Makes a session of a long-term key and a one-time code: GetSessionToken with SerialNumber and TokenCode. Roles that
// demand MFA are assumed from it, so that one code serves every role, every renewal within hours, and every other run
// of the user that finds it in the session store.
//
// Blocks: on the session store, a small local file.
// Owns: the long-term key's holder; the question under way.
// Asked ahead of need: before the command starts, and ahead of the session's end; never while a request waits for
// nothing else. Of the user's runs one asks at a time; the others find its session. A refused or unanswered question is
// not asked again for kQuiet.
// Fails: kConfig where the key is a temporary one; kRefused with AWS's or the user's no, and for a session in the store
// that is not the principal's whom the run began as.
#pragma once

#include <memory>

#include "aws/principal.h"
#include "call/signing_keys.h"
#include "keys/errands.h"
#include "keys/renewed_keys.h"
#include "profile/resolve.h"
#include "sources/shared_sessions.h"

namespace broker {

// How long such a session is made for. A role's keys are made from it, so it may be long; without a role it is what the
// command itself gets, so it is not.
inline constexpr std::chrono::seconds kMfaSessionForRoles{12 * 3600}, kMfaSessionItself{3600};

struct MfaParts {
  AwsContext& context;
  ErrandDoer& errands;
  const SessionStore* store;  // null: sessions are not shared
  AwsEndpoint sts;
  MfaPlan plan;
  std::chrono::seconds duration;
  const Principal&
      principal;  // whose session it must stay: the store is the user's own, and any program of theirs can write it
};

class MfaKeys final : public BaseKeys {
 public:
  static constexpr std::chrono::seconds kQuiet{300};
  static constexpr int kTries = 3;  // of a user who mistypes; a program that is wrong once is wrong

  MfaKeys(MfaParts parts, std::unique_ptr<BaseKeys> long_term, KeyEvents events = {});
  void get(OnKey done) override { session_.get(std::move(done)); }
  // A session that AWS has forgotten is made anew, though the store still has it.
  bool refuse(const SharedKey& key) override;
  [[nodiscard]] std::optional<Held> held() const override { return session_.held(); }

 private:
  MfaParts parts_;
  std::unique_ptr<BaseKeys> long_term_;
  std::string refused_;  // key id of a session that is not to be taken from the store again
  RenewedKeys session_;
};

}  // namespace broker
