// Chooses the source that fetches a profile's first key, by the profile's plan.
//
// Runs in: broker, main thread, once keys may be read.   Blocks: never.   Owns: nothing; what it makes owns its key.
// Fails: kConfig where the plan's source cannot work in this run, with the plan's place and the next step.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "aws/principal.h"
#include "call/context.h"
#include "call/signing_keys.h"
#include "keys/errands.h"
#include "keys/fresh_keys.h"
#include "profile/resolve.h"
#include "sources/caller_keys.h"
#include "sources/shared_sessions.h"

namespace broker {

// All outlive the keys that are made of them.
struct SourceParts {
  AwsContext& context;
  ErrandDoer& errands;
  const ResolvedProfile& profile;
  const Principal& principal;              // whom all later keys must belong to; its ARN is empty at first
  CallerKeys& caller;                      // taken out where the plan wants them
  const SessionStore* sessions = nullptr;  // null: MFA sessions are not shared with other runs
  bool may_share_mfa = false;              // the user has asked for it
  KeyEvents events{};
  bool auto_login = false;
  bool browser_login = false;  // of a login that is shown: a browser of the user's host may be sent back to it
  std::function<void(const std::string&)> warn{}, inform{};                  // sentences for the terminal; may be empty
  std::function<void(std::chrono::sys_seconds made)> took_shared_session{};  // of another run; may be empty
};

// Takes a static key out of `plan`. Where the profile names an MFA device, what comes is the session made with its
// code. The plan outlives the keys, too.
ipc::Result<std::unique_ptr<BaseKeys>> open_base_keys(BasePlan& plan, SourceParts parts);

}  // namespace broker
