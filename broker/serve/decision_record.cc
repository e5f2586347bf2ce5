#include "serve/decision_record.h"

#include <optional>
#include <string>

#include "serve/decision_lines.h"

namespace broker {

DecisionLine DecisionRecord::line_for(const CallerFacts& caller, const Decision& decision) const {
  DecisionLine line = decision_line(parts_.run, now(), caller, decision);
  line.session_table = parts_.sessions.table();
  line.session_id = parts_.sessions.id();
  if (!decision.verdict) return line;
  const Judge::Basis basis = parts_.judge.basis();
  line.policy_serial = basis.signed_version;
  line.policy_age = basis.stale_for;
  return line;
}

DecisionLine DecisionRecord::refusal_line(const CallerFacts& caller, const Refusal& refusal,
                                          const Decision& decision) const {
  DecisionLine line = line_for(caller, decision);
  line.check = refusal.check;
  if (line.reason.empty()) line.reason = refusal.sentence;
  return line;
}

void DecisionRecord::refused(const CallerFacts& caller, const Refusal& refusal, const Decision& decision) {
  if (decision.identified == Check::kPassed) {
    write(refusal_line(caller, refusal, decision));
  } else {
    stranger(caller, decision.identified, refusal);
  }
  if (refusal.check == kSessionLost) return;
  parts_.notices.refusal(refusal.check + refusal.sentence,
                         "refused credentials for profile " + parts_.run.profile + who(caller) + ": " +
                             refusal.sentence + " [" + parts_.run.policy_name + "]; " + refusal.next_step,
                         parts_.clock.since_boot());
}

void DecisionRecord::failed(const CallerFacts& caller, const ipc::Error& error, const Decision& decision) {
  DecisionLine line = line_for(caller, decision);
  line.outcome = "failed";
  line.detail = error.what;
  write(line);
  if (parts_.audit.between_files()) return;
  std::string sentence = "no credentials for profile " + parts_.run.profile + ": " + error.what;
  if (!error.next_step.empty()) sentence += "; " + error.next_step;
  parts_.notices.refusal("failed" + error.what, sentence, parts_.clock.since_boot());
}

void DecisionRecord::stranger(const CallerFacts& caller, Check check, const Refusal& refusal) {
  const std::optional<long> counted = flood_.admit(check, caller.uid, parts_.clock.since_boot());
  if (!counted) return;
  const std::string detail =
      *counted == 0 ? "" : std::to_string(*counted) + " more like this one were counted and not written";
  DecisionLine line = stranger_line(parts_.run, now(), caller, refusal);
  line.detail = detail;
  write(line);
}

ipc::Status DecisionRecord::run_refused(const Refusal& refusal, const Decision& decision) {
  const CallerFacts nobody;
  return parts_.audit.record(refusal_line(nobody, refusal, decision));
}

void DecisionRecord::write(const DecisionLine& line) {
  if (ipc::Status written = parts_.audit.record(line); !written) {
    parts_.notices.refusal("audit", written.error().what + "; nothing is handed out until it can be written",
                           parts_.clock.since_boot());
  }
}

}  // namespace broker
