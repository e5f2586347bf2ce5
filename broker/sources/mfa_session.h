// Makes a session of a long-term key and a one-time code: GetSessionToken with SerialNumber and TokenCode. Roles that
// demand MFA are assumed from it, so that one code serves every role, every renewal within hours, and every other run
// of the user that finds it in the session store, where the user has asked for that.
//
// Blocks: on the session store, a small local file.
// Owns: the long-term key's holder; the question under way.
// Asked ahead of need: before the command starts, and ahead of the session's end; never while a request waits for
// nothing else. Of the user's runs one asks at a time; the others find its session. A refused or unanswered question is
// not asked again for kQuiet.
// A session of the store is used once AWS has said that it is of the account and the principal that the long-term key
// is of: any program that can write the file could have put another one there. Else the user is asked, and told.
// Fails: kConfig where the key is a temporary one; kRefused with AWS's or the user's no.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

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

// What the user is told of a session that is shared, or could be; each may be empty.
struct MfaSharing {
  bool asked_for = false;  // by --share-mfa
  std::function<void(const std::string&)> warn{}, inform{};
  std::function<void(std::chrono::sys_seconds made)> took{};
};

struct MfaParts {
  AwsContext& context;
  ErrandDoer& errands;
  const SessionStore* store;  // null: sessions are not shared
  AwsEndpoint sts;
  MfaPlan plan;
  std::chrono::seconds duration;
  const Principal& principal;  // whose session it must stay
  MfaSharing sharing{};
};

class MfaKeys final : public BaseKeys {
 public:
  static constexpr std::chrono::seconds kQuiet{300};
  // Key ids of sessions in the store.
  struct Seen {
    std::string refused;  // not to be taken from there again
    std::string good;     // made by this run, or found to be its principal's
  };
  static constexpr int kTries = 3;  // of a user who mistypes; a program that is wrong once is wrong

  MfaKeys(MfaParts parts, std::unique_ptr<BaseKeys> long_term, KeyEvents events = {});
  void get(OnKey done) override { session_.get(std::move(done)); }
  // A session that AWS has forgotten is made anew, though the store still has it.
  bool refuse(const SharedKey& key) override;
  [[nodiscard]] std::optional<Held> held() const override { return session_.held(); }

 private:
  MfaParts parts_;
  std::unique_ptr<BaseKeys> long_term_;
  Seen seen_;
  RenewedKeys session_;
};

}  // namespace broker
