// What must be there before the command may start: who the key belongs to, the policy, its yes, and (unless lazy) keys.
// Identity and policy are fetched at the same time.
//
// Runs in: broker, main thread.   Blocks: never.   Owns: the calls under way.
// Fails: `done` is told why: a key that AWS does not know comes before a policy that it does not give. A policy that
// refuses is an error too, and has its line in the decision log.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "call/aws_call.h"
#include "policy/source/source.h"
#include "profile/resolve.h"
#include "serve/requests.h"
#include "serve/run_identity.h"

namespace broker {

inline constexpr std::string_view kMendPolicy = "correct the policy, then start again";

class Startup {
 public:
  using Done = std::function<void(ipc::Status)>;

  // All outlive the start-up.
  Startup(AwsContext& context, const ResolvedProfile& profile, Run& run, Requests& requests, Notices& notices,
          PolicySource& policy, SessionTracker& sessions, std::string session_table, bool lazy)
      : context_(context),
        profile_(profile),
        run_(run),
        identity_(context, profile, run),
        requests_(requests),
        notices_(notices),
        policy_(policy),
        sessions_(sessions),
        session_table_(std::move(session_table)),
        lazy_(lazy) {}
  void begin(Done done);
  // Records a refusal of the run itself, and says it.
  ipc::Status refused(const Refusal& refusal, const Decision& decision);

 private:
  void on_identity(const ipc::Status& found);
  void on_policy(const ipc::Status& loaded);
  void when_both_are_there();
  [[nodiscard]] std::string table_to_track_in(const Decision& decision) const;
  void track(const std::string& table, bool demanded);
  void go_on(const Decision& decision);
  void finish(const ipc::Status& outcome);

  AwsContext& context_;
  const ResolvedProfile& profile_;
  Run& run_;
  RunIdentity identity_;
  Requests& requests_;
  Notices& notices_;
  PolicySource& policy_;
  SessionTracker& sessions_;
  std::string session_table_;  // --session-table or its variable; a rule's own goes before it
  bool lazy_;
  Done done_;
  bool have_identity_ = false, have_policy_ = false;
  ipc::Status policy_loaded_;
};

}  // namespace broker
