// The second half of Requests: what a client is told, from the last look at it to the answer on its connection.
#include <chrono>

#include "serve/requests.h"
#include "serve/status_of.h"

namespace broker {

void Requests::answer(Iterator it) {
  RunDecisions& decisions = it->profile->decisions();
  const IssuedCredentials* const keys = decisions.keys_of(it->recorded->terms());
  if (!keys)
    return fail(it,
                ipc::Error{ipc::Fault::kUnavailable, "the credentials ended before they could be handed out", "", 0});
  const Check still = parts_.callers.still_the_caller(it->client, it->inquiry.facts);
  if (still != Check::kPassed) {
    // This was the caller when it was judged: the line shows what was decided, and why nothing is handed out all the
    // same.
    const Refusal refusal = refused_by_check(still);
    return refuse(it, refusal, decisions.refused_otherwise(it->inquiry.facts, refusal), still);
  }
  it->profile->sessions().count();
  held_up_ = false;
  const std::chrono::sys_seconds end = decisions.local_end_of(it->recorded->terms());
  const Sent sent = client_answer_.send_credentials(it->client.fd(), std::move(*it->recorded), *keys, it->keep_alive,
                                                    {parts_.answer_key, it->nonce, it->asked}, end);
  finish(it, sent != Sent::kWhole || !it->keep_alive);
}

// Nothing is released, so nothing is recorded; and nothing is fetched for it.
void Requests::answer_status(Iterator it, const Decision& decision) {
  RunProfile& profile = profile_of(it);
  const ipc::RunStatus status =
      status_of(profile, decision, it->inquiry.facts.transport, parts_.audit.labels(), parts_.tell_reasons);
  const Check still = parts_.callers.still_the_caller(it->client, it->inquiry.facts);
  if (still != Check::kPassed) {
    const Refusal refusal = refused_by_check(still);
    return refuse(it, refusal, Decision{Check::kPassed, decision.verdict, {}, refusal}, still);
  }
  const Sent sent = client_answer_.send_status(it->client.fd(), ipc::text_of(status), it->keep_alive,
                                               {parts_.answer_key, it->nonce, it->asked});
  finish(it, sent != Sent::kWhole || !it->keep_alive);
}

// ---- refusals ------------------------------------------------------------------------------------------------------

// Of one that is known alone, and still the one that was judged: all others hear the same.
bool Requests::may_hear(Iterator it) {
  return parts_.tell_reasons && parts_.callers.still_the_caller(it->client, it->inquiry.facts) == Check::kPassed;
}

RefusalForm Requests::form_of(Check found) {
  return may_pass_later(found) ? RefusalForm::kUnavailable : RefusalForm::kForbidden;
}

// `found`: the check that refused; kPassed where another reason did.
void Requests::refuse(Iterator it, const Refusal& refusal, const Decision& decision, Check found) {
  profile_of(it).record().refused(it->inquiry.facts, refusal, decision);
  const bool known = found == Check::kPassed && decision.identified == Check::kPassed;
  (void)client_answer_.send_refusal(it->client.fd(), form_of(found), false, known && may_hear(it) ? refusal.told : "");
  finish(it, true);
}

void Requests::fail(Iterator it, const ipc::Error& error) {
  RunProfile& profile = *it->profile;
  if (const std::optional<Decision> decision = profile.judge().refusal(error))
    return refuse(it, std::get<Refusal>(decision->outcome), *decision);
  const CallerFacts& caller = it->inquiry.facts;
  // A profile that is not ready is not judged: whose it is, nobody knows.
  Decision decision = profile.ready() ? profile.decisions().refused_otherwise(caller, Refusal{})
                                      : Decision{Check::kPassed, std::unexpected(error), {}, Refusal{}};
  profile.record().failed(caller, error, decision);
  (void)client_answer_.send_refusal(it->client.fd(), form_of_failure(it, error), false);
  finish(it, true);
}

RefusalForm Requests::form_of_failure(Iterator it, const ipc::Error& error) {
  if (error.fault != ipc::Fault::kUnavailable) return RefusalForm::kFailed;
  return it->held && !it->nonce.empty() ? RefusalForm::kNotYet : RefusalForm::kUnavailable;
}

}  // namespace broker
