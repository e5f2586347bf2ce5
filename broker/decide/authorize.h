// The only yes: caller, token and policy in, a Permit or a refusal out.
//
// Blocks: as long as its question's callables do, which is on local files at most.
// Order of the checks: caller, token, policy, what lifts its refusal, lifetime. The first that fails
// names the refusal. Policy is asked only for those who are known, so that a stranger is not worth a policy decision.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "caller/caller_check.h"
#include "decide/permit.h"
#include "decide/run.h"
#include "ipc/secret.h"
#include "policy/overrides.h"
#include "policy/policy.h"

namespace broker {

// Why not. `check` goes to the decision log; `sentence` and `next_step` are for the user's terminal. `told` is what a
// client may hear that passed every check of who it is, and is empty for every other refusal: the rule, and the
// policy's own reason.
struct Refusal {
  std::string check, sentence, next_step;
  std::string told{};
};

// What is asked, beside by whom.
struct Question {
  const Run& run;
  std::function<ipc::Result<Verdict>()> ask_policy;  // called at most once
  const OverrideSource& overrides;                   // empty: nothing is on record
  std::chrono::sys_seconds now{};                    // as policy was asked
  std::optional<std::chrono::seconds> base_left{};   // of a temporary base key's own life; none: long-term, or unknown
  std::optional<bool> temporary_base{};              // the base key that is held now; none: no other than at the start
};

struct Decision {
  Check identified = Check::kPeerUnknown;  // caller and token; kPassed: both are good
  ipc::Result<Verdict> verdict;            // or why there is none
  std::optional<Lift> lift;                // what lifted policy's refusal
  std::variant<Permit, Refusal> outcome;
};

class Authorizer {
 public:
  // For a client, by what the kernel says of it and the token that it presented.
  static Decision authorize(const CallerFacts& caller, std::string_view presented, const Question& question);
  // For the run itself: at its start, and where the answer goes to the supervisor on the control channel, which no
  // other process can imitate.
  static Decision authorize_run(const Question& question);

 private:
  static Decision refuse(Check identified);
  static Decision by_policy(const Question& question);
  static std::variant<Permit, Refusal> permit(const Question& question, const Verdict& verdict,
                                              const std::optional<Lift>& lift);
};

Refusal refused_by_check(Check check);
// `who`: who the caller is to the policy, where that is not plain (who_to_policy); else empty.
Refusal refused_by_policy(const Verdict& verdict, std::string_view who = {});

// "you are 'broker' to the policy, the IAM user of the key"; empty where that is the login name. No ARN is in it: a
// client may hear it.
std::string who_to_policy(const Run& run);

// The token check alone: kPassed, kTokenMissing, kTokenScheme or kTokenWrong. Constant time for a given length.
Check check_token(const Run& run, std::string_view presented);

}  // namespace broker
