// Waits for what must be there before a profile is served: who the key belongs to, and, where the run itself begins,
// the policy, its yes, and (unless lazy) keys. Identity and policy are fetched at the same time.
//
// Blocks: never.   Owns: the calls under way.
// Fails: `done` is told why: a key that AWS does not know comes before a policy that it does not give. A policy that
// refuses is an error too, and has its line in the decision log.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "call/aws_call.h"
#include "issuing/judge.h"
#include "profile/resolve.h"
#include "run_profiles/decision_record.h"
#include "run_profiles/run_decisions.h"
#include "run_profiles/run_identity.h"

namespace broker {

// What a profile is made ready for: the run that begins with it; such a run whose keys its first request fetches
// (--lazy); or a client that asks for it while the run serves: policy is in force then, and that client's own request
// hears its no and fetches the keys.
enum class StartFor { kRun, kLazyRun, kRequests };

inline constexpr std::string_view kMendPolicy = "correct the policy, then start again";

class Startup {
 public:
  using Done = std::function<void(ipc::Status)>;

  // All that is referred to outlives the start-up.
  struct Parts {
    AwsContext& aws;
    const ResolvedProfile& profile;
    Principal& owner;  // of the first key
    Run& run;          // learns here whose its key is
    Judge& judge;
    RunDecisions& decisions;
    DecisionRecord& record;
    SessionTracker& sessions;
    Notices& notices;
    std::string session_table;  // --session-table or its variable: where no rule demands a table of its own
    StartFor purpose;
  };

  explicit Startup(Parts parts)
      : parts_(std::move(parts)), identity_(parts_.aws, parts_.profile, parts_.owner, parts_.run) {}
  void begin(Done done);
  // Records a refusal of the run itself, and says it.
  ipc::Status refused(const Refusal& refusal, const Decision& decision);

 private:
  void on_identity(const ipc::Status& found);
  void on_judge(const ipc::Status& ready);
  void when_both_are_there();
  [[nodiscard]] std::string table_to_track_in(const Decision& decision) const;
  void track(const std::string& table, bool demanded);
  void go_on(const Decision& decision);
  ipc::Status without_keys(const ipc::Error& error);
  void finish(const ipc::Status& outcome);

  Parts parts_;
  RunIdentity identity_;
  Done done_;
  bool have_identity_ = false, have_judge_ = false;
  ipc::Status judge_ready_;
};

}  // namespace broker
