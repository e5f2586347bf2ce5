// Writes what was decided into the decision log, and tells the user's terminal why something was not issued. It decides
// nothing, and the line of an issue is not its to write: AuditLog::record() takes the Permit itself.
//
// Blocks: on the log's disk.   Owns: the timer that tells the count of strangers, who cannot fill the log.
// Fails: a line that cannot be written is told on the terminal, or returned where the start waits for it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "audit/log.h"
#include "aws/credentials.h"
#include "caller/refusal_flood.h"
#include "host/timers.h"
#include "issuing/judge.h"
#include "run_profiles/notices.h"
#include "tracking/tracker.h"

namespace broker {

// The check of a run that has lost its session: the terminal has heard it once already, in the tracker's words.
inline constexpr std::string_view kSessionLost = "session";

// What a rule narrowed, as "session_policy,hard_expiry"; empty for nothing.
std::string narrowed_words(const Narrowing* narrowing);

class DecisionRecord {
 public:
  // All outlive it.
  struct Parts {
    const Run& run;
    const Judge& judge;
    const SessionTracker& sessions;
    AuditLog& audit;
    Notices& notices;
    const Clock& clock;
    Timers& timers;
    RefusalFlood& flood;  // of all profiles of the run: a stranger who names many is counted as one
    long own_uid;         // of the run: the noise of other users is told more rarely
  };
  static constexpr std::chrono::seconds kTellCounted{60};
  explicit DecisionRecord(Parts parts) : parts_(parts) {}

  // A client was refused. One that is no client of ours is a stranger.
  void refused(const CallerFacts& caller, const Refusal& refusal, const Decision& decision);
  // A client asked for a profile, `asked`, that is not in the run; policy was not asked.
  void not_in_run(const CallerFacts& caller, std::string_view asked, const Refusal& refusal);
  // A client that policy permits gets no keys because of an error.
  void failed(const CallerFacts& caller, const ipc::Error& error, const Decision& decision);
  // Somebody was refused whom policy was not asked about.
  void stranger(const CallerFacts& caller, Check check, const Refusal& refusal);
  // Writes what was counted and not written one by one. By itself at most kTellCounted later; the run's end says it
  // too.
  void tell_counted();
  // Another program changed the files of this run, which the supervisor tells on the terminal itself.
  void tampered(std::string_view what, bool ends);
  // The run itself was refused, before any client asked: in the log alone.
  ipc::Status run_refused(const Refusal& refusal, const Decision& decision);

  // A line that shows its arguments, which must outlive it; a refusal until its outcome says otherwise.
  [[nodiscard]] DecisionLine line_for(const CallerFacts& caller, const Decision& decision) const;
  DecisionLine line_for(const CallerFacts& caller, Decision&& decision) const = delete;
  // Makes it the line of an issue. `request_id` and `narrowed` are shown, as everything else, and must outlive the
  // line.
  void show_issue(DecisionLine& line, const IssueTerms& terms, const IssuedCredentials& keys,
                  const std::string& request_id, const std::string& narrowed) const;

 private:
  [[nodiscard]] std::chrono::sys_seconds now() const {
    return std::chrono::floor<std::chrono::seconds>(parts_.clock.wall());
  }
  [[nodiscard]] DecisionLine refusal_line(const CallerFacts& caller, const Refusal& refusal,
                                          const Decision& decision) const;
  void write(const DecisionLine& line);
  void tell_terminal(const CallerFacts& caller, const Refusal& refusal, Check identified, std::string_view profile);
  void tell_counted_later();

  Parts parts_;
  std::unique_ptr<Timer> counted_;
};

}  // namespace broker
