// Decides what may be issued to this run, for its clients and for itself, and keeps the keys that its permits may have.
// It checks nothing itself: it puts the question together that decide/authorize.h answers. It records nothing, either
// (run_profiles/decision_record.h).
//
// Blocks: as long as the judge's verdict does.   Owns: the keys by their terms.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string_view>

#include "decide/authorize.h"
#include "ipc/messages.h"
#include "issuing/judge.h"
#include "issuing/keys_by_terms.h"
#include "run_profiles/notices.h"
#include "tracking/tracker.h"

namespace broker {

// The transport, as rules name it.
constexpr Via via(ipc::Transport transport) { return transport == ipc::Transport::Tcp ? Via::kTcp : Via::kUnix; }

class RunDecisions {
 public:
  // All outlive it.
  struct Parts {
    const Run& run;
    AwsContext& aws;
    Judge& judge;
    SessionTracker& sessions;    // hears of each issue
    Notices& notices;            // say that a renewal failed
    OverrideSource overrides{};  // approvals and break-glass events; empty: this build keeps none
    // Where credentials are kept across runs: the fetch that looks there first (issuing/kept_keys.h). May be empty.
    std::function<StartFetch(const IssueTerms&, const Verdict&, StartFetch)> keep{};
  };
  explicit RunDecisions(Parts parts);

  // Of the token alone: kPassed, or what is wrong with it.
  [[nodiscard]] Check check_presented(std::string_view token) const { return check_token(parts_.run, token); }
  // Of the caller and its token, policy not asked.
  [[nodiscard]] Check identify(const CallerFacts& caller, std::string_view presented) const {
    return caller.allowed() ? check_presented(presented) : caller.check;
  }
  // For a client, by what the kernel says of it and the token that it presented.
  Decision for_client(const CallerFacts& caller, std::string_view presented);
  // For the run itself: at the start, and in the modes where the supervisor takes the answer.
  Decision for_run();
  // For a client that is known and gets nothing for another reason: the verdict of now, for the log.
  Decision refused_otherwise(const CallerFacts& caller, Refusal why);

  // The keys of these terms, under the verdict that permits them; made on first use. Null when too many are at work.
  FreshKeys* issuer_for(const IssueTerms& terms, const Verdict& verdict);
  // Those that are there and may be handed out; null: there are none any more.
  [[nodiscard]] const IssuedCredentials* keys_of(const IssueTerms& terms);
  // When those end by this machine's clock, which is the one that their user looks at.
  [[nodiscard]] std::chrono::sys_seconds local_end_of(const IssueTerms& terms);

 private:
  Question question(std::optional<Via> transport);
  StartFetch fetch_for(const IssueTerms& terms);
  void note_failed_renewal(const ipc::Error& error, std::chrono::seconds left);

  Parts parts_;
  const Verdict* permitting_ = nullptr;  // while keys are asked for that it permits
  KeysByTerms issuers_;
};

}  // namespace broker
