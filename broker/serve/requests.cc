#include "serve/requests.h"

#include <algorithm>
#include <utility>

#include "aws/source_identity.h"

namespace broker {

using std::chrono::milliseconds;

void Requests::serve(const ipc::ServeClient& request, ipc::UniqueFd client, const Listeners& listeners,
                     const Answered& answered) {
  auto judged = ClientSocket::check(std::move(client), listeners);
  if (!judged || under_way_.size() >= kMaxUnderWay) {
    // Nothing is written to a descriptor that is not a client's: it is closed, and the log says why.
    CallerFacts facts;
    facts.check = judged ? Check::kTooMany : judged.error();
    if (judged) (void)client_answer_.send_refusal(judged->fd(), form_of(facts.check), false);
    parts_.profiles.first().record().stranger(facts, facts.check, refused_by_check(facts.check));
    answered(request.request, true);
    return;
  }
  const std::string_view presented = request.authorization.reveal().substr(0, kMostPresented);
  const std::string& asked = request.profile.str();
  under_way_.push_back(Request{++last_serial_, request.request, request.keep_alive, request.nonce.str(),
                               parts_.profiles.find(asked), asked, ipc::SecretBuffer::copy_of(presented),
                               std::move(*judged), answered});
  const Iterator it = std::prev(under_way_.end());
  it->status = request.status;
  if (it->status && !it->profile) it->profile = &parts_.profiles.first();  // AWS_PROFILE may be another run's
  it->inquiry = parts_.callers.begin(it->client, profile_of(it).decisions().check_presented(it->presented.reveal()));
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
  if (!passes_profile(it)) return;
  RunDecisions& decisions = profile_of(it).decisions();
  Decision decision = decisions.for_client(it->inquiry.facts, it->presented.reveal());
  if (it->status && decision.identified == Check::kPassed) return answer_status(it, decision);
  if (const Refusal* refusal = std::get_if<Refusal>(&decision.outcome))
    return refuse(it, *refusal, decision, decision.identified);
  if (!passes_session(it, decision)) return;
  FreshKeys* const issuer = decisions.issuer_for(std::get<Permit>(decision.outcome).terms(), *decision.verdict);
  if (!issuer) {
    const ipc::Error busy{ipc::Fault::kUnavailable, "keys of too many different kinds are being fetched at once",
                          "the program will ask again", 0};
    return fail(it, busy);
  }
  if (const IssuedCredentials* keys = issuer->current()) return record_and_answer(it, std::move(decision), *keys);
  wait_for_keys(it, *issuer);  // the permit lapses: when keys are there, everything is judged again
}

// ---- which profile -------------------------------------------------------------------------------------------------

// Of a client that is known: nothing is asked of AWS or of the user for a stranger, who is refused as ever. False: the
// request is refused, or waits.
bool Requests::passes_profile(Iterator it) {
  const CallerFacts& caller = it->inquiry.facts;
  if (profile_of(it).decisions().identify(caller, it->presented.reveal()) != Check::kPassed) return true;
  if (it->profile && it->profile->ready()) return true;
  if (it->status) {
    answer_status(it, Decision{Check::kPassed, ipc::fail(ipc::Fault::kUnavailable, "not judged yet"), {}, Refusal{}});
    return false;
  }
  if (it->profile) {
    wait_for_profile(it);
    return false;
  }
  const Refusal refusal{"profile", "this run serves no profile of that name, but " + parts_.profiles.names(),
                        "name it when the run is started: --profile may be given again",
                        "this run serves no profile of that name"};
  parts_.profiles.first().record().not_in_run(caller, it->asked, refusal);
  (void)client_answer_.send_refusal(it->client.fd(), RefusalForm::kForbidden, false, may_hear(it) ? refusal.told : "");
  finish(it, true);
  return false;
}

// The user may be asked for minutes: however many clients come and go meanwhile, one callback waits.
void Requests::wait_for_profile(Iterator it) {
  limit_the_wait(it);
  it->waits_for_profile = true;
  RunProfile& profile = *it->profile;
  if (profile.preparing()) return;
  profile.prepare(StartFor::kRequests,
                  [this, &profile](const ipc::Status& prepared) { on_profile(profile, prepared); });
}

void Requests::on_profile(RunProfile& profile, const ipc::Status& prepared) {
  for (Iterator it = under_way_.begin(); it != under_way_.end();) {
    const Iterator next = std::next(it);  // as above
    if (it->profile == &profile && std::exchange(it->waits_for_profile, false)) {
      prepared ? decide(it) : fail(it, prepared.error());
    }
    it = next;
  }
}

// ---- is the run still tracked --------------------------------------------------------------------------------------

// Whatever the rule demands: a run that is tracked can be revoked. False: the request is refused, or waits.
bool Requests::passes_session(Iterator it, const Decision& decision) {
  SessionTracker& sessions = it->profile->sessions();
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
  it->profile->sessions().ask([this, serial = it->serial](const ipc::Status& answer) {
    const Iterator waiting = find(serial);
    if (waiting == under_way_.end()) return;
    if (answer || waiting->profile->sessions().lost()) return decide(waiting);
    fail(waiting, answer.error());
  });
}

void Requests::limit_the_wait(Iterator it) {
  held_up_ = true;
  if (it->patience) return;
  const milliseconds hold = it->nonce.empty() ? kHold : kHoldOfHelper;
  const milliseconds left = hold - CallerCheck::kDeadline + parts_.callers.until_deadline(it->inquiry);
  it->patience = parts_.timers.after(std::max(left, milliseconds(0)), [this, serial = it->serial] {
    const Iterator late = find(serial);
    if (late == under_way_.end()) return;
    late->held = true;
    fail(late, ipc::Error{ipc::Fault::kUnavailable, profile_of(late).waited_for(), "the program will ask again", 0});
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
  const DecisionRecord& record = it->profile->record();
  DecisionLine line = record.line_for(it->inquiry.facts, decision);
  record.show_issue(line, permit.terms(), keys, *id, narrowed);
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
