#include "serve/requests.h"

#include <algorithm>

#include "aws/source_identity.h"
#include "call/signing_keys.h"
#include "caller/token.h"
#include "issuing/chain_run.h"
#include "policy/evaluate.h"
#include "policy/narrowing.h"
#include "serve/decision_lines.h"

namespace broker {

using std::chrono::milliseconds;

// The refusal of a run that has lost its session: the terminal has heard it once already, in the tracker's words.
constexpr std::string_view kSessionLost = "session";

Requests::Requests(Parts parts)
    : parts_(std::move(parts)),
      issuers_(parts_.aws,
               [this](const IssueTerms& terms) -> StartFetch {
                 if (parts_.remote) return parts_.remote->fetch(terms.lifetime.granted);
                 return [this, terms](OnKeys done) {
                   return std::make_unique<Issuance>(parts_.aws, parts_.profile, terms, std::move(done),
                                                     parts_.errands);
                 };
               },
               {.issued =
                    [this](const IssuedCredentials& keys) {
                      parts_.sessions.note_issue(keys.expiration, keys.source_identity);
                    },
                .failed = [this](const ipc::Error& error,
                                 std::chrono::seconds left) { note_failed_renewal(error, left); }}) {}

// Where no keys are left, the client that waits for them hears it.
void Requests::note_failed_renewal(const ipc::Error& error, std::chrono::seconds left) {
  if (left.count() == 0) return;
  parts_.notices.refusal("renewal", "renewing credentials failed: " + error.what, parts_.aws.clock.since_boot());
}

void Requests::serve(std::uint32_t request, bool keep_alive, std::string_view authorization, ipc::UniqueFd client,
                     const Listeners& listeners, const Answered& answered) {
  auto judged = ClientSocket::judge(std::move(client), listeners);
  if (!judged || under_way_.size() >= kMaxUnderWay) {
    // Nothing is written to a descriptor that is not a client's: it is closed, and the log says why.
    CallerFacts facts;
    facts.check = judged ? Check::kTooMany : judged.error();
    record_stranger(facts, facts.check, refused_by_check(facts.check));
    answered(request, true);
    return;
  }
  under_way_.push_back(Request{++last_serial_, request, keep_alive,
                               ipc::SecretBuffer::copy_of(authorization.substr(0, kMostPresented)), std::move(*judged),
                               answered});
  const Iterator it = std::prev(under_way_.end());
  it->inquiry = parts_.callers.begin(it->client);
  if (it->inquiry.settled) judge(it);
}

Requests::Iterator Requests::find(std::uint64_t serial) {
  return std::find_if(under_way_.begin(), under_way_.end(), [serial](const Request& r) { return r.serial == serial; });
}

// ---- who calls -----------------------------------------------------------------------------------------------------

void Requests::on_witness() { settle_callers(); }

// One that is not settled within the budget keeps those behind it from waiting: the witness answers in order.
void Requests::settle_callers(std::chrono::microseconds budget) {
  for (Iterator it = under_way_.begin(); it != under_way_.end();) {
    const Iterator next = std::next(it);  // judging may end this request, and no other
    if (!it->inquiry.settled && parts_.callers.settle(it->inquiry, budget)) judge(it);
    it = next;
  }
  watch_callers();
}

// A witness that says nothing: the deadline refuses.
void Requests::watch_callers() {
  const bool waiting =
      std::any_of(under_way_.begin(), under_way_.end(), [](const Request& r) { return !r.inquiry.settled; });
  if (!waiting) {
    caller_timer_.reset();
  } else if (!caller_timer_) {
    caller_timer_ = parts_.timers.after(CallerCheck::kDeadline, [this] {
      const auto spent = std::move(caller_timer_);
      settle_callers();
    });
  }
}

// ---- may he --------------------------------------------------------------------------------------------------------

ipc::Result<Verdict> Requests::ask_policy(std::optional<Via> transport) {
  if (parts_.remote) return RemoteJudge::verdict();
  const Run& run = parts_.run;
  const ipc::Result<const Policy*> policy = parts_.policy.current(parts_.aws.clock.since_boot());
  if (!policy) return std::unexpected(policy.error());
  if (ipc::Status fits = fits_profile(**policy); !fits) return std::unexpected(fits.error());
  PolicyQuery query{run.principal.user, run.profile, run.mode, now()};
  query.account = run.principal.account;
  query.arn = run.principal.arn;
  query.transport = transport;
  query.groups = run.groups;
  query.posture = parts_.posture.current(parts_.aws.clock.since_boot());
  query.session_table = parts_.sessions.table();
  return evaluate(**policy, query);
}

// Once for each policy, not for each request: neither of them changes while the hash stays.
const ipc::Status& Requests::fits_profile(const Policy& policy) {
  if (!fits_ || fits_for_ != policy.sha256) {
    const KeySource& source = parts_.run.source;
    fits_ = check_profile_can_be_narrowed(policy, parts_.run.profile, source.has_role, source.takes_tags);
    fits_for_ = policy.sha256;
  }
  return *fits_;
}

Question Requests::question(std::optional<Via> transport) {
  Question asked{parts_.run, [this, transport] { return ask_policy(transport); }, parts_.overrides, now()};
  if (!parts_.aws.keys) return asked;
  const auto held = parts_.aws.keys->held();
  if (!held) return asked;
  // A source may give a long-term key first and temporary ones later: what no cap can shorten is judged as it is now.
  asked.temporary_base = !held->key->session_token.empty();
  if (held->expiration != kNever) asked.base_left = held->expiration - parts_.aws.aws_now();
  return asked;
}

Decision Requests::judge_run() { return Authorizer::authorize_run(question(parts_.run.transport)); }

void Requests::judge(Iterator it) {
  const CallerFacts& caller = it->inquiry.facts;
  Decision decision = Authorizer::authorize(caller, it->presented.reveal(), question(via(caller.transport)));
  if (const Refusal* refusal = std::get_if<Refusal>(&decision.outcome)) return refuse(it, *refusal, decision);
  if (!passes_session(it, decision)) return;
  Issuer* const issuer = issuer_for(std::get<Permit>(decision.outcome).terms(), *decision.verdict);
  if (!issuer) {
    const ipc::Error busy{ipc::Fault::kUnavailable, "keys of too many different kinds are being fetched at once",
                          "the program will ask again", 0};
    return fail(it, busy);
  }
  if (const IssuedCredentials* keys = issuer->current()) return record_and_answer(it, std::move(decision), *keys);
  wait_for_keys(it, *issuer);  // the permit lapses: when keys are there, everything is judged again
}

Issuer* Requests::issuer_for(const IssueTerms& terms, const Verdict& verdict) {
  return issuers_.find_or_make(terms, verdict.policy_sha256);
}

// ---- is the run still tracked --------------------------------------------------------------------------------------

// Whatever the rule demands: a run that is tracked can be revoked. False: the request is refused, or waits.
bool Requests::passes_session(Iterator it, const Decision& decision) {
  SessionTracker& sessions = parts_.sessions;
  if (!sessions.tracked()) return true;
  const Verdict& verdict = *decision.verdict;
  if (!verdict.session_table.empty() && verdict.session_table != sessions.table()) {
    refuse(it,
           Refusal{"session-table",
                   "rule \"" + verdict.rule + "\" wants the run tracked in table '" + verdict.session_table +
                       "', and it is tracked in '" + sessions.table() + "'",
                   "start the run anew: it is then tracked in that table"},
           decision);
    return false;
  }
  const SessionTracker::Standing standing = sessions.standing();
  if (std::holds_alternative<SessionTracker::Confirmed>(standing)) return true;
  if (const auto* lost = std::get_if<SessionTracker::Refused>(&standing)) {
    refuse(it, Refusal{std::string(kSessionLost), lost->sentence, "start the run anew, if you may"}, decision);
  } else {
    wait_for_session(it);  // the permit lapses here too
  }
  return false;
}

void Requests::wait_for_session(Iterator it) {
  be_patient(it);
  parts_.sessions.ask([this, serial = it->serial](const ipc::Status& answer) {
    const Iterator waiting = find(serial);
    if (waiting == under_way_.end()) return;
    if (answer || parts_.sessions.lost()) return judge(waiting);
    fail(waiting, answer.error());
  });
}

void Requests::be_patient(Iterator it) {
  if (it->patience) return;
  it->patience = parts_.timers.after(kHold, [this, serial = it->serial] {
    const Iterator late = find(serial);
    if (late != under_way_.end())
      fail(late, ipc::Error{ipc::Fault::kUnavailable,
                            std::string(parts_.remote ? "the remote server" : "AWS") + " has not answered yet",
                            "the program will ask again", 0});
  });
}

// ---- keys ----------------------------------------------------------------------------------------------------------

void Requests::wait_for_keys(Iterator it, Issuer& issuer) {
  const std::uint64_t serial = it->serial;
  be_patient(it);
  issuer.get([this, serial](ipc::Result<const IssuedCredentials*> keys) {
    const Iterator waiting = find(serial);
    if (waiting == under_way_.end()) return;
    if (keys) return judge(waiting);
    fail(waiting, keys.error());
  });
}

void Requests::record_and_answer(Iterator it, Decision decision, const IssuedCredentials& keys) {
  Permit& permit = std::get<Permit>(decision.outcome);
  const ipc::Result<std::string> id = new_request_id();
  if (!id) return fail(it, id.error());
  const std::string narrowed = narrowed_words(permit.terms().narrowing.get());
  DecisionLine line = line_for(it->inquiry.facts, decision);
  show_issue(line, permit.terms(), keys, *id, narrowed);
  ipc::Result<RecordedPermit> recorded = parts_.audit.record(std::move(permit), line);
  if (!recorded) return fail(it, recorded.error());  // no line, no credentials
  it->recorded.emplace(std::move(*recorded));
  if (!parts_.audit.needs_commit()) return answer(it);
  // Group commit: whatever else is ready in this turn of the loop shares the fdatasync.
  if (!commit_timer_) commit_timer_ = parts_.timers.after(milliseconds(0), [this] { commit(); });
}

void Requests::commit() {
  const auto spent = std::move(commit_timer_);
  const ipc::Status durable = parts_.audit.commit();
  for (Iterator it = under_way_.begin(); it != under_way_.end();) {
    const Iterator next = std::next(it);
    if (it->recorded && durable)
      answer(it);
    else if (it->recorded)
      fail(it, durable.error());
    it = next;
  }
}

void Requests::answer(Iterator it) {
  const Issuer* issuer = issuers_.find(it->recorded->terms());
  const IssuedCredentials* keys = issuer ? issuer->current() : nullptr;
  if (!keys)
    return fail(it,
                ipc::Error{ipc::Fault::kUnavailable, "the credentials ended before they could be handed out", "", 0});
  const Check still = parts_.callers.still_the_caller(it->client, it->inquiry.facts);
  if (still != Check::kPassed) {
    // He was the caller when he was judged: what was decided for him is shown, and why he gets nothing all the same.
    return refuse(it, refused_by_check(still),
                  Decision{Check::kPassed, ask_policy(via(it->inquiry.facts.transport)), {}, refused_by_check(still)});
  }
  parts_.sessions.count();
  const Sent sent = client_answer_.send_credentials(it->client.fd(), std::move(*it->recorded), *keys, it->keep_alive);
  finish(it, sent != Sent::kWhole || !it->keep_alive);
}

// ---- no ------------------------------------------------------------------------------------------------------------

void Requests::refuse(Iterator it, const Refusal& refusal, const Decision& decision) {
  const CallerFacts& caller = it->inquiry.facts;
  if (decision.identified == Check::kPassed) {
    DecisionLine line = line_for(caller, decision);
    line.check = refusal.check;
    if (line.reason.empty()) line.reason = refusal.sentence;
    record(line);
  } else {
    record_stranger(caller, decision.identified, refusal);
  }
  if (refusal.check != kSessionLost) {
    parts_.notices.refusal(refusal.check + refusal.sentence,
                           "refused credentials for profile " + parts_.run.profile + who(caller) + ": " +
                               refusal.sentence + " [" + parts_.run.policy_name + "]; " + refusal.next_step,
                           parts_.aws.clock.since_boot());
  }
  (void)client_answer_.send_refusal(it->client.fd(), RefusalForm::kForbidden, false);
  finish(it, true);
}

// The remote server's no is a decision like a policy's: no client is to ask again because of it.
bool Requests::is_remote_refusal(const ipc::Error& error) const {
  return parts_.remote && error.fault == ipc::Fault::kRefused;
}

void Requests::fail(Iterator it, const ipc::Error& error) {
  if (is_remote_refusal(error)) {
    const Refusal refusal{std::string(kRemoteSource), error.what, error.next_step};
    return refuse(it, refusal, Decision{Check::kPassed, RemoteJudge::refusal(error), {}, refusal});
  }
  const CallerFacts& caller = it->inquiry.facts;
  const Decision decision{Check::kPassed, ask_policy(via(caller.transport)), {}, Refusal{}};
  DecisionLine line = line_for(caller, decision);
  line.outcome = "failed";
  line.detail = error.what;
  record(line);
  std::string sentence = "no credentials for profile " + parts_.run.profile + ": " + error.what;
  if (!error.next_step.empty()) sentence += "; " + error.next_step;
  if (!parts_.audit.between_files())
    parts_.notices.refusal("failed" + error.what, sentence, parts_.aws.clock.since_boot());
  const bool later = error.fault == ipc::Fault::kUnavailable;
  (void)client_answer_.send_refusal(it->client.fd(), later ? RefusalForm::kUnavailable : RefusalForm::kFailed, false);
  finish(it, true);
}

void Requests::finish(Iterator it, bool closed) {
  parts_.callers.abandon(it->inquiry);
  const Answered answered = std::move(it->answered);
  const std::uint32_t number = it->number;
  under_way_.erase(it);
  answered(number, closed);
}

void Requests::forget() {
  for (Request& request : under_way_) parts_.callers.abandon(request.inquiry);
  under_way_.clear();
  caller_timer_.reset();
}

// ---- the log -------------------------------------------------------------------------------------------------------

DecisionLine Requests::line_for(const CallerFacts& caller, const Decision& decision) const {
  DecisionLine line = decision_line(parts_.run, now(), caller, decision);
  line.session_table = parts_.sessions.table();
  line.session_id = parts_.sessions.id();
  if (!decision.verdict) return line;
  line.policy_serial = parts_.policy.signed_version();
  line.policy_age = parts_.policy.stale_for(parts_.aws.clock.since_boot()).value_or(std::chrono::seconds(0));
  return line;
}

void Requests::record_stranger(const CallerFacts& caller, Check check, const Refusal& refusal) {
  const std::optional<long> counted = flood_.admit(check, caller.uid, parts_.aws.clock.since_boot());
  if (!counted) return;
  const std::string detail =
      *counted == 0 ? "" : std::to_string(*counted) + " more like this one were counted and not written";
  DecisionLine line = stranger_line(parts_.run, now(), caller, refusal);
  line.detail = detail;
  record(line);
}

void Requests::record(const DecisionLine& line) {
  if (ipc::Status written = parts_.audit.record(line); !written) {
    parts_.notices.refusal("audit", written.error().what + "; nothing is handed out until it can be written",
                           parts_.aws.clock.since_boot());
  }
}

ipc::Status Requests::record_if_refused(const ipc::Error& error) {
  if (!is_remote_refusal(error)) return {};
  const Refusal refusal{std::string(kRemoteSource), error.what, error.next_step};
  return record_refusal(refusal, Decision{Check::kPassed, RemoteJudge::refusal(error), {}, refusal});
}

ipc::Status Requests::record_refusal(const Refusal& refusal, const Decision& decision) {
  const CallerFacts nobody;
  DecisionLine line = line_for(nobody, decision);
  line.check = refusal.check;
  if (line.reason.empty()) line.reason = refusal.sentence;
  return parts_.audit.record(line);
}

}  // namespace broker
