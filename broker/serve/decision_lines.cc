#include "serve/decision_lines.h"

#include "text/plain_text.h"

namespace broker {
namespace {

DecisionLine line_of(const Run& run, std::chrono::sys_seconds now, const CallerFacts& caller) {
  DecisionLine line;
  line.time = now;
  line.user = run.principal.user;
  line.profile = run.profile;
  line.policy_path = run.policy_name;
  line.effect = "deny";
  line.outcome = "refused";
  line.mode = word(run.mode);
  line.credential_source = run.credential_source;
  if (caller.pid != 0 || caller.uid >= 0) line.transport = ipc::transport_name(caller.transport);
  line.peer_pid = caller.pid;
  line.peer_uid = caller.uid;
  line.peer_executable = caller.executable;
  return line;
}

}  // namespace

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

DecisionLine stranger_line(const Run& run, std::chrono::sys_seconds now, const CallerFacts& caller,
                           const Refusal& refusal) {
  DecisionLine line = line_of(run, now, caller);
  line.check = refusal.check;
  line.reason = refusal.sentence;
  return line;
}

void show_issue(DecisionLine& line, const IssueTerms& terms, const IssuedCredentials& keys,
                const std::string& request_id, const std::string& narrowed) {
  line.request_id = request_id;
  line.source_identity = keys.source_identity;
  line.role_arn = keys.role_arn;
  line.duration = terms.lifetime.granted;
  line.expires = keys.expiration;
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

std::string who(const CallerFacts& caller) {
  if (caller.pid == 0) return "";
  std::string text = " to process " + std::to_string(caller.pid);
  if (!caller.executable.empty()) text += " (" + printable(caller.executable) + ")";
  return text;
}

Via via(ipc::Transport transport) { return transport == ipc::Transport::Tcp ? Via::kTcp : Via::kUnix; }

}  // namespace broker
