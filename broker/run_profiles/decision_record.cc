#include "run_profiles/decision_record.h"

#include <optional>
#include <string>

#include "text/plain_text.h"

namespace broker {
namespace {

DecisionLine line_of(const Run& run, std::chrono::sys_seconds now, const CallerFacts& caller) {
  DecisionLine line;
  line.time = now;
  line.user = run.principal.user;
  line.profile = run.profile;
  line.policy_path = run.policy_name;
  line.endpoints = run.endpoints;
  line.effect = "deny";
  line.outcome = "refused";
  line.mode = word(run.mode);
  line.credential_source = run.credential_source;
  if (caller.pid != 0 || caller.uid >= 0) line.transport = ipc::transport_name(caller.transport);
  line.peer_pid = caller.pid;
  line.peer_uid = caller.uid;
  if (run.user_namespace && caller.uid >= 0) {
    line.peer_uid_outside = static_cast<long>(run.user_namespace->outside(static_cast<uid_t>(caller.uid)).value_or(-1));
  }
  line.peer_executable = caller.executable;
  const bool helped = caller.behind.pid != 0;
  line.caller_pid = helped ? caller.behind.pid : caller.pid;
  line.caller_executable = helped ? caller.behind.executable : caller.executable;
  line.caller_name = helped ? caller.behind.comm : caller.comm;
  return line;
}

// A refusal until its outcome says otherwise.
DecisionLine decision_line(const Run& run, std::chrono::sys_seconds now, const CallerFacts& caller,
                           const Decision& decision) {
  DecisionLine line = line_of(run, now, caller);
  if (!decision.verdict) {
    line.reason = decision.verdict.error().what;
    return line;
  }
  const Verdict& verdict = *decision.verdict;
  line.effect = verdict.effect;
  line.rule = verdict.rule;
  line.rule_index = verdict.rule_index;
  line.reason = verdict.reason;
  line.policy_hash = verdict.policy_sha256;
  if (decision.lift) {
    line.approved_request_id = decision.lift->approval_id;
    line.break_glass_event_id = decision.lift->break_glass_id;
  }
  return line;
}

// Of somebody whom policy was not asked about; nothing in it looks like a decision of policy.
DecisionLine stranger_line(const Run& run, std::chrono::sys_seconds now, const CallerFacts& caller,
                           const Refusal& refusal) {
  DecisionLine line = line_of(run, now, caller);
  line.check = refusal.check;
  line.reason = refusal.sentence;
  return line;
}

// " to process 123 (aws, /usr/bin/python3.11)"; empty where the kernel named no process.
std::string recipient_phrase(const CallerFacts& caller) {
  const bool helped = caller.behind.pid != 0;
  const pid_t pid = helped ? caller.behind.pid : caller.pid;
  const std::string& executable = helped ? caller.behind.executable : caller.executable;
  const std::string& comm = helped ? caller.behind.comm : caller.comm;
  if (pid == 0) return "";
  const std::string text = " to process " + std::to_string(pid);
  if (executable.empty()) return text;
  // The kernel cuts a name at 15 bytes; a script's is another than that of the program that reads it.
  const std::string_view file = std::string_view(executable).substr(executable.rfind('/') + 1);
  const bool is_shown = comm.empty() || file.starts_with(comm) || executable.starts_with('[');
  return text + " (" + (is_shown ? "" : printable(comm) + ", ") + printable(executable) + ")";
}

// "and 1,204 more of uid 1003, which were counted and not written"; empty for none.
std::string counted_words(long count, long uid) {
  if (count == 0) return "";
  return "and " + with_commas(count) + " more " + whose_refusals(uid) + ", counted and not written";
}

}  // namespace

void DecisionRecord::show_issue(DecisionLine& line, const IssueTerms& terms, const IssuedCredentials& keys,
                                const std::string& request_id, const std::string& narrowed) const {
  line.request_id = request_id;
  line.source_identity = keys.source_identity;
  line.unnamed = keys.unnamed;
  line.role_arn = keys.role_arn;
  line.duration = terms.lifetime.granted;
  line.expires = keys.expiration;
  line.access_key_id = keys.access_key_id;
  line.principal = keys.principal;
  // A session of the run's own key, or that key itself, is its owner's.
  if (keys.principal.empty() && keys.role_arn.empty()) line.principal = parts_.run.principal.arn;
  line.narrowed = narrowed;
  line.outcome = "issued";
}

std::string narrowed_words(const Narrowing* narrowing) {
  if (!narrowing) return "";
  std::string words;
  const auto add = [&words](bool there, const char* word) {
    if (!there) return;
    if (!words.empty()) words += ',';
    words += word;
  };
  add(!narrowing->session_policy.empty(), "session_policy");
  add(!narrowing->managed_policies.empty(), "managed_policies");
  add(!narrowing->source_ips.empty(), "source_ips");
  add(!narrowing->source_vpcs.empty(), "source_vpcs");
  add(!narrowing->tags.empty(), "tags");
  add(narrowing->hard_expiry.has_value(), "hard_expiry");
  return words;
}

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
  if (refusal.check != kSessionLost) tell_terminal(caller, refusal, decision.identified, parts_.run.profile);
}

void DecisionRecord::not_in_run(const CallerFacts& caller, std::string_view asked, const Refusal& refusal) {
  DecisionLine line = line_of(parts_.run, now(), caller);
  line.profile = asked;
  line.credential_source = {};
  line.check = refusal.check;
  line.reason = refusal.sentence;
  write(line);
  tell_terminal(caller, refusal, Check::kPassed, printable(asked));
}

void DecisionRecord::tell_terminal(const CallerFacts& caller, const Refusal& refusal, Check identified,
                                   std::string_view profile) {
  const std::string kind = parts_.run.profile + " " + refusal.check + refusal.sentence;
  const std::string sentence = "refused credentials for profile " + std::string(profile) + recipient_phrase(caller) +
                               ": " + refusal.sentence + " [" + parts_.run.policy_name + "]; " + refusal.next_step;
  if (identified == Check::kPassed || caller.uid == parts_.own_uid)
    return parts_.notices.refusal(kind, sentence, parts_.clock.since_boot());
  parts_.notices.refusal_of_others(kind, whose_refusals(caller.uid), sentence, parts_.clock.since_boot());
  tell_counted_later();
}

void DecisionRecord::failed(const CallerFacts& caller, const ipc::Error& error, const Decision& decision) {
  DecisionLine line = line_for(caller, decision);
  line.outcome = "failed";
  line.detail = error.what;
  write(line);
  if (parts_.audit.between_files()) return;
  std::string sentence = "no credentials for profile " + parts_.run.profile + ": " + error.what;
  if (!error.next_step.empty()) sentence += "; " + error.next_step;
  parts_.notices.refusal("failed " + parts_.run.profile + error.what, sentence, parts_.clock.since_boot());
}

void DecisionRecord::stranger(const CallerFacts& caller, Check check, const Refusal& refusal) {
  const std::optional<long> counted = parts_.flood.admit(check, caller.uid, parts_.clock.since_boot());
  if (!counted) return tell_counted_later();
  const std::string detail = counted_words(*counted, caller.uid);
  DecisionLine line = stranger_line(parts_.run, now(), caller, refusal);
  line.detail = detail;
  write(line);
}

void DecisionRecord::tell_counted_later() {
  if (counted_) return;
  counted_ = parts_.timers.after(kTellCounted, [this] {
    const auto spent = std::move(counted_);
    tell_counted();
  });
}

void DecisionRecord::tell_counted() {
  const Clock::SinceBoot now_since_boot = parts_.clock.since_boot();
  for (const RefusalFlood::Counted& each : parts_.flood.take_counted(now_since_boot)) {
    const Refusal refusal = refused_by_check(each.check);
    const std::string detail = counted_words(each.count, each.uid);
    CallerFacts caller;
    caller.uid = each.uid;
    DecisionLine line = stranger_line(parts_.run, now(), caller, refusal);
    line.transport = {};  // of several
    line.detail = detail;
    write(line);
  }
  parts_.notices.tell_counted(now_since_boot);
}

void DecisionRecord::tampered(std::string_view what, bool ends) {
  DecisionLine line = line_of(parts_.run, now(), CallerFacts{});
  line.event = "tampered";
  line.reason = what;
  line.detail = ends ? "the run is ended for it" : "the run goes on (--on-tamper warn)";
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
