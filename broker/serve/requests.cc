#include "serve/requests.h"

#include <algorithm>

#include "aws/source_identity.h"
#include "text/rfc3339.h"

namespace broker {

using std::chrono::milliseconds;

namespace {

RefusalForm form_of(Check found) { return may_pass_later(found) ? RefusalForm::kUnavailable : RefusalForm::kForbidden; }

}  // namespace

void Requests::serve(const ipc::ServeClient& request, ipc::UniqueFd client, const Listeners& listeners,
                     const Answered& answered) {
  auto judged = ClientSocket::check(std::move(client), listeners);
  if (!judged || under_way_.size() >= kMaxUnderWay) {
    // Nothing is written to a descriptor that is not a client's: it is closed, and the log says why.
    CallerFacts facts;
    facts.check = judged ? Check::kTooMany : judged.error();
    if (judged) (void)client_answer_.send_refusal(judged->fd(), form_of(facts.check), false);
    parts_.record.stranger(facts, facts.check, refused_by_check(facts.check));
    answered(request.request, true);
    return;
  }
  const std::string_view presented = request.authorization.reveal().substr(0, kMostPresented);
  under_way_.push_back(Request{++last_serial_, request.request, request.keep_alive, request.nonce.str(),
                               ipc::SecretBuffer::copy_of(presented), std::move(*judged), answered});
  const Iterator it = std::prev(under_way_.end());
  it->status = request.status;
  it->inquiry = parts_.callers.begin(it->client, parts_.decisions.check_presented(it->presented.reveal()));
  if (it->inquiry.settled) decide(it);
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
    if (!it->inquiry.settled && parts_.callers.settle(it->inquiry, budget)) decide(it);
    it = next;
  }
  watch_callers();
}

// A witness that says nothing: the deadline refuses.
void Requests::watch_callers() {
  const auto waiting =
      std::find_if(under_way_.begin(), under_way_.end(), [](const Request& r) { return !r.inquiry.settled; });
  if (waiting == under_way_.end()) {
    caller_timer_.reset();
  } else if (!caller_timer_) {
    const milliseconds left = parts_.callers.until_deadline(waiting->inquiry);  // the oldest one's
    caller_timer_ = parts_.timers.after(std::max(left, milliseconds(0)), [this] {
      const auto spent = std::move(caller_timer_);
      settle_callers();
    });
  }
}

// ---- policy and session --------------------------------------------------------------------------------------------

void Requests::decide(Iterator it) {
  const CallerFacts& caller = it->inquiry.facts;
  Decision decision = parts_.decisions.for_client(caller, it->presented.reveal());
  if (it->status && decision.identified == Check::kPassed) return answer_status(it, decision);
  if (const Refusal* refusal = std::get_if<Refusal>(&decision.outcome))
    return refuse(it, *refusal, decision, decision.identified);
  if (!passes_session(it, decision)) return;
  FreshKeys* const issuer = parts_.decisions.issuer_for(std::get<Permit>(decision.outcome).terms(), *decision.verdict);
  if (!issuer) {
    const ipc::Error busy{ipc::Fault::kUnavailable, "keys of too many different kinds are being fetched at once",
                          "the program will ask again", 0};
    return fail(it, busy);
  }
  if (const IssuedCredentials* keys = issuer->current()) return record_and_answer(it, std::move(decision), *keys);
  wait_for_keys(it, *issuer);  // the permit lapses: when keys are there, everything is judged again
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
  limit_the_wait(it);
  parts_.sessions.ask([this, serial = it->serial](const ipc::Status& answer) {
    const Iterator waiting = find(serial);
    if (waiting == under_way_.end()) return;
    if (answer || parts_.sessions.lost()) return decide(waiting);
    fail(waiting, answer.error());
  });
}

void Requests::limit_the_wait(Iterator it) {
  held_up_ = true;
  if (it->patience) return;
  const milliseconds left = kHold - CallerCheck::kDeadline + parts_.callers.until_deadline(it->inquiry);
  it->patience = parts_.timers.after(std::max(left, milliseconds(0)), [this, serial = it->serial] {
    const Iterator late = find(serial);
    if (late != under_way_.end())
      fail(late, ipc::Error{ipc::Fault::kUnavailable, std::string(parts_.judge.issuer()) + " has not answered yet",
                            "the program will ask again", 0});
  });
}

// ---- keys ----------------------------------------------------------------------------------------------------------

void Requests::wait_for_keys(Iterator it, FreshKeys& issuer) {
  const std::uint64_t serial = it->serial;
  limit_the_wait(it);
  issuer.get([this, serial](ipc::Result<const IssuedCredentials*> keys) {
    const Iterator waiting = find(serial);
    if (waiting == under_way_.end()) return;
    if (keys) return decide(waiting);
    fail(waiting, keys.error());
  });
}

void Requests::record_and_answer(Iterator it, Decision decision, const IssuedCredentials& keys) {
  Permit& permit = std::get<Permit>(decision.outcome);
  const ipc::Result<std::string> id = new_request_id();
  if (!id) return fail(it, id.error());
  const std::string narrowed = narrowed_words(permit.terms().narrowing.get());
  DecisionLine line = parts_.record.line_for(it->inquiry.facts, decision);
  parts_.record.show_issue(line, permit.terms(), keys, *id, narrowed);
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
  const IssuedCredentials* const keys = parts_.decisions.keys_of(it->recorded->terms());
  if (!keys)
    return fail(it,
                ipc::Error{ipc::Fault::kUnavailable, "the credentials ended before they could be handed out", "", 0});
  const Check still = parts_.callers.still_the_caller(it->client, it->inquiry.facts);
  if (still != Check::kPassed) {
    // This was the caller when it was judged: the line shows what was decided, and why nothing is handed out all the
    // same.
    const Refusal refusal = refused_by_check(still);
    return refuse(it, refusal, parts_.decisions.refused_otherwise(it->inquiry.facts, refusal), still);
  }
  parts_.sessions.count();
  held_up_ = false;
  const std::chrono::sys_seconds end = parts_.decisions.local_end_of(it->recorded->terms());
  const Sent sent = client_answer_.send_credentials(it->client.fd(), std::move(*it->recorded), *keys, it->keep_alive,
                                                    {parts_.answer_key, it->nonce}, end);
  finish(it, sent != Sent::kWhole || !it->keep_alive);
}

// Nothing is released, so nothing is recorded; and nothing is fetched for it.
void Requests::answer_status(Iterator it, const Decision& decision) {
  ipc::RunStatus status = parts_.about;
  status.transport = it->inquiry.facts.transport == ipc::Transport::Tcp ? "tcp" : "unix";
  if (decision.verdict) status.effect = decision.verdict->effect;
  if (decision.verdict && parts_.tell_reasons) {
    status.rule = decision.verdict->rule;
    status.policy_sha256 = decision.verdict->policy_sha256;
  }
  if (!parts_.tell_reasons) status.policy.clear();
  if (const Permit* permit = std::get_if<Permit>(&decision.outcome)) {
    const std::chrono::sys_seconds end = parts_.decisions.local_end_of(permit->terms());
    if (end != std::chrono::sys_seconds{}) status.keys_end = rfc3339(end).text();
  }
  const Check still = parts_.callers.still_the_caller(it->client, it->inquiry.facts);
  if (still != Check::kPassed) {
    const Refusal refusal = refused_by_check(still);
    return refuse(it, refusal, parts_.decisions.refused_otherwise(it->inquiry.facts, refusal), still);
  }
  const Sent sent =
      client_answer_.send_status(it->client.fd(), ipc::text_of(status), it->keep_alive, {parts_.answer_key, it->nonce});
  finish(it, sent != Sent::kWhole || !it->keep_alive);
}

// ---- refusals ------------------------------------------------------------------------------------------------------

// `found`: the check that refused; kPassed where another reason did.
void Requests::refuse(Iterator it, const Refusal& refusal, const Decision& decision, Check found) {
  parts_.record.refused(it->inquiry.facts, refusal, decision);
  // To one that is known alone, and still the one that was judged: all others hear the same.
  const bool may_hear = found == Check::kPassed && decision.identified == Check::kPassed && parts_.tell_reasons &&
                        parts_.callers.still_the_caller(it->client, it->inquiry.facts) == Check::kPassed;
  (void)client_answer_.send_refusal(it->client.fd(), form_of(found), false, may_hear ? refusal.told : "");
  finish(it, true);
}

void Requests::fail(Iterator it, const ipc::Error& error) {
  if (const std::optional<Decision> decision = parts_.judge.refusal(error))
    return refuse(it, std::get<Refusal>(decision->outcome), *decision);
  const CallerFacts& caller = it->inquiry.facts;
  parts_.record.failed(caller, error, parts_.decisions.refused_otherwise(caller, Refusal{}));
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

}  // namespace broker
