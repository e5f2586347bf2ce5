#include "requests.h"

#include <algorithm>

#include "policy_eval.h"
#include "source_identity.h"

namespace broker {

using std::chrono::floor;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Each holds what its client presented. A frontend that was taken over may send as many as it likes, each as long as
// can be: the arena, whose exhaustion ends the broker, must outlast that with room for the keys.
constexpr std::size_t kRoomForKeys = 96 * 1024;
static_assert(Requests::kMaxUnderWay * decltype(ipc::ServeClient::authorization)::kCapacity + kRoomForKeys <=
              ipc::SecretArena::kBytes);

void Requests::serve(std::uint32_t request, bool keep_alive, std::string_view authorization, ipc::UniqueFd client,
                     const Listeners& listeners, const Answered& answered) {
  auto judged = ClientSocket::judge(std::move(client), listeners);
  if (!judged || under_way_.size() >= kMaxUnderWay) {
    // Nothing is written to a descriptor that is not a client's: it is closed, and the log says why.
    CallerFacts facts;
    facts.check = judged ? Check::kTooMany : judged.error();
    const Refusal refusal = refused_by_check(facts.check);
    const ipc::Result<Verdict> none = ipc::fail(ipc::Fault::kRefused, refusal.sentence);
    DecisionLine line = line_for(facts, none);
    line.check = refusal.check;
    record_stranger(facts, facts.check, line);
    answered(request, true);
    return;
  }
  under_way_.push_back(Request{++last_serial_, request, keep_alive, ipc::SecretBuffer::copy_of(authorization),
                               std::move(*judged), answered});
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

Check Requests::identify(const Request& request) const {
  if (!request.inquiry.facts.allowed()) return request.inquiry.facts.check;
  return check_token(parts_.run.token, request.presented.reveal());
}

// ---- may he --------------------------------------------------------------------------------------------------------

ipc::Result<Verdict> Requests::ask_policy() const {
  const std::chrono::sys_seconds now = floor<seconds>(parts_.aws.clock.wall());
  const ipc::Result<const Policy*> policy = parts_.policy.current(BootClock::now());
  if (!policy) return std::unexpected(policy.error());
  PolicyQuery query{parts_.run.user, parts_.run.profile, parts_.run.mode, now};
  query.groups = parts_.run.groups;
  query.posture = parts_.posture.current(BootClock::now());
  return evaluate(**policy, query);
}

void Requests::judge(Iterator it) {
  // A stranger is not worth a policy decision, and his line must not show one.
  const Check identified = identify(*it);
  const ipc::Result<Verdict> verdict = identified == Check::kPassed
                                           ? ask_policy()
                                           : ipc::fail(ipc::Fault::kRefused, std::string(check_text(identified)));
  auto decision = Authorizer::authorize(it->inquiry.facts, parts_.run.token, it->presented.reveal(), verdict);
  if (const Refusal* refusal = std::get_if<Refusal>(&decision)) return refuse(it, *refusal, verdict);
  with_permit(it, std::get<Permit>(std::move(decision)), *verdict);
}

void Requests::with_permit(Iterator it, Permit permit, const Verdict& verdict) {
  const auto lifetime = capped_lifetime(parts_.run.duration, verdict);
  Issuer* issuer = lifetime ? issuer_for(*lifetime) : nullptr;
  if (!lifetime) return refuse(it, refused_lifetime(verdict), verdict);
  if (!issuer) {
    return refuse(
        it, Refusal{"lifetime", "the policy named too many different lifetimes during this run", "start the run anew"},
        verdict);
  }
  it->lifetime = *lifetime;
  if (const IssuedCredentials* keys = issuer->current())
    return record_and_answer(it, std::move(permit), verdict, *keys);
  wait_for_keys(it, *issuer);  // the permit lapses: when keys are there, everything is judged again
}

Issuer* Requests::issuer_for(seconds lifetime) {
  const auto known = issuers_.find(lifetime);
  if (known != issuers_.end()) return known->second.get();
  if (issuers_.size() >= kMaxLifetimes) return nullptr;
  IssueTerms terms;
  terms.user = parts_.run.user;
  terms.duration = lifetime;
  IssuerEvents events;
  events.failed = [this](const ipc::Error& error, seconds left) {
    if (left.count() > 0)
      parts_.notices.refusal("renewal", "renewing credentials failed: " + error.what, std::chrono::steady_clock::now());
  };
  return issuers_.emplace(lifetime, std::make_unique<Issuer>(parts_.aws, parts_.profile, terms, events))
      .first->second.get();
}

// ---- keys ----------------------------------------------------------------------------------------------------------

void Requests::wait_for_keys(Iterator it, Issuer& issuer) {
  const std::uint64_t serial = it->serial;
  if (!it->patience) {
    it->patience = parts_.timers.after(kHold, [this, serial] {
      const Iterator late = find(serial);
      if (late != under_way_.end())
        fail(late, ipc::Error{ipc::Fault::kUnavailable, "AWS has not answered yet", "the program will ask again", 0});
    });
  }
  issuer.get([this, serial](ipc::Result<const IssuedCredentials*> keys) {
    const Iterator waiting = find(serial);
    if (waiting == under_way_.end()) return;
    if (keys) return judge(waiting);
    fail(waiting, keys.error());
  });
}

void Requests::record_and_answer(Iterator it, Permit permit, const Verdict& verdict, const IssuedCredentials& keys) {
  DecisionLine line = line_for(it->inquiry.facts, verdict);
  const ipc::Result<std::string> id = new_request_id();
  if (!id) return fail(it, id.error());
  line.request_id = *id;
  line.source_identity = keys.source_identity;
  line.role_arn = keys.role_arn;
  line.duration = it->lifetime;
  line.expires = keys.expiration;
  line.outcome = "issued";
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
  Issuer* issuer = issuer_for(it->lifetime);
  const IssuedCredentials* keys = issuer->current();
  if (!keys)
    return fail(it,
                ipc::Error{ipc::Fault::kUnavailable, "the credentials ended before they could be handed out", "", 0});
  const Check still = parts_.callers.still_the_caller(it->client, it->inquiry.facts);
  if (still != Check::kPassed) return refuse(it, refused_by_check(still), ask_policy());
  const Sent sent = client_answer_.send_credentials(it->client.fd(), std::move(*it->recorded), *keys, it->keep_alive);
  finish(it, sent != Sent::kWhole || !it->keep_alive);
}

// ---- no ------------------------------------------------------------------------------------------------------------

void Requests::refuse(Iterator it, const Refusal& refusal, const ipc::Result<Verdict>& verdict) {
  DecisionLine line = line_for(it->inquiry.facts, verdict);
  line.check = refusal.check;
  if (line.reason.empty()) line.reason = refusal.sentence;
  const Check identified = identify(*it);
  if (identified == Check::kPassed)
    record(line);
  else
    record_stranger(it->inquiry.facts, identified, line);
  parts_.notices.refusal(refusal.check + refusal.sentence,
                         "refused credentials for profile " + parts_.run.profile + who(it->inquiry.facts) + ": " +
                             refusal.sentence + " [" + parts_.run.policy_name + "]; " + refusal.next_step,
                         std::chrono::steady_clock::now());
  (void)client_answer_.send_refusal(it->client.fd(), RefusalForm::kForbidden, false);
  finish(it, true);
}

void Requests::fail(Iterator it, const ipc::Error& error) {
  const ipc::Result<Verdict> verdict = ask_policy();
  DecisionLine line = line_for(it->inquiry.facts, verdict);
  line.outcome = "failed";
  line.detail = error.what;
  record(line);
  std::string sentence = "no credentials for profile " + parts_.run.profile + ": " + error.what;
  if (!error.next_step.empty()) sentence += "; " + error.next_step;
  if (!parts_.audit.between_files())
    parts_.notices.refusal("failed" + error.what, sentence, std::chrono::steady_clock::now());
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

DecisionLine Requests::line_of(const CallerFacts& facts) const {
  DecisionLine line;
  line.time = floor<seconds>(parts_.aws.clock.wall());
  line.user = parts_.run.user;
  line.profile = parts_.run.profile;
  line.policy_path = parts_.run.policy_name;
  line.effect = "deny";
  line.outcome = "refused";
  line.mode = word(parts_.run.mode);
  if (facts.pid != 0 || facts.uid >= 0) line.transport = ipc::transport_name(facts.transport);
  line.peer_pid = facts.pid;
  line.peer_uid = facts.uid;
  line.peer_executable = facts.executable;
  return line;
}

DecisionLine Requests::line_for(const CallerFacts& facts, const Verdict& verdict) const {
  DecisionLine line = line_of(facts);
  line.effect = verdict.effect;
  line.rule = verdict.rule;
  line.rule_index = verdict.rule_index;
  line.reason = verdict.reason;
  line.policy_hash = verdict.policy_sha256;
  line.policy_serial = parts_.policy.signed_version();
  line.policy_age = parts_.policy.stale_for(BootClock::now()).value_or(seconds(0));
  return line;
}

DecisionLine Requests::line_for(const CallerFacts& facts, const ipc::Result<Verdict>& verdict) const {
  if (verdict) return line_for(facts, *verdict);
  DecisionLine line = line_of(facts);
  line.reason = verdict.error().what;
  return line;
}

void Requests::record_stranger(const CallerFacts& facts, Check check, DecisionLine& line) {
  const std::optional<long> counted = flood_.admit(check, facts.uid, std::chrono::steady_clock::now());
  if (!counted) return;
  const std::string detail =
      *counted == 0 ? "" : std::to_string(*counted) + " more like this one were counted and not written";
  line.detail = detail;
  record(line);
}

void Requests::record(const DecisionLine& line) {
  if (ipc::Status written = parts_.audit.record(line); !written) {
    parts_.notices.refusal("audit", written.error().what + "; nothing is handed out until it can be written",
                           std::chrono::steady_clock::now());
  }
}

ipc::Status Requests::record_refusal(const Refusal& refusal, const ipc::Result<Verdict>& verdict) {
  const CallerFacts nobody;
  DecisionLine line = line_for(nobody, verdict);
  line.check = refusal.check;
  return parts_.audit.record(line);
}

std::string Requests::who(const CallerFacts& facts) const {
  if (facts.pid == 0) return "";
  std::string text = " to process " + std::to_string(facts.pid);
  if (!facts.executable.empty()) text += " (" + printable(facts.executable) + ")";
  return text;
}

}  // namespace broker
