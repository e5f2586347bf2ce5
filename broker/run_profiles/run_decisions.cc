#include "run_profiles/run_decisions.h"

#include <utility>

#include "call/signing_keys.h"

namespace broker {

using std::chrono::seconds;

RunDecisions::RunDecisions(Parts parts)
    : parts_(std::move(parts)),
      issuers_(parts_.aws, [this](const IssueTerms& terms) { return fetch_for(terms); },
               {.issued =
                    [this](const IssuedCredentials& keys) {
                      parts_.sessions.note_issue(keys.expiration, keys.source_identity);
                    },
                .failed = [this](const ipc::Error& error, seconds left) { note_failed_renewal(error, left); }}) {}

// Where no keys are left, the client that waits for them hears it.
void RunDecisions::note_failed_renewal(const ipc::Error& error, seconds left) {
  if (left.count() == 0) return;
  parts_.notices.refusal("renewal " + parts_.run.profile, "renewing credentials failed: " + error.what,
                         parts_.aws.clock.since_boot());
}

Decision RunDecisions::for_client(const CallerFacts& caller, std::string_view presented) {
  return Authorizer::authorize(caller, presented, question(via(caller.transport)));
}

Decision RunDecisions::for_run() { return Authorizer::authorize_run(question(parts_.run.transport)); }

Decision RunDecisions::refused_otherwise(const CallerFacts& caller, Refusal why) {
  return Decision{Check::kPassed, parts_.judge.verdict(via(caller.transport)), {}, std::move(why)};
}

Question RunDecisions::question(std::optional<Via> transport) {
  Question asked{parts_.run, [this, transport] { return parts_.judge.verdict(transport); }, parts_.overrides,
                 std::chrono::floor<seconds>(parts_.aws.clock.wall())};
  if (!parts_.aws.keys) return asked;
  const auto held = parts_.aws.keys->held();
  if (!held) return asked;
  // A source may give a long-term key first and temporary ones later: what no cap can shorten is judged as it is now.
  asked.temporary_base = !held->key->session_token.empty();
  if (held->expiration != kNever) asked.base_left = held->expiration - parts_.aws.aws_now();
  return asked;
}

FreshKeys* RunDecisions::issuer_for(const IssueTerms& terms, const Verdict& verdict) {
  permitting_ = &verdict;
  FreshKeys* const issuer = issuers_.find_or_make(terms, verdict.policy_sha256);
  permitting_ = nullptr;
  return issuer;
}

StartFetch RunDecisions::fetch_for(const IssueTerms& terms) {
  StartFetch fetch = parts_.judge.keys_for(terms);
  return parts_.keep && permitting_ ? parts_.keep(terms, *permitting_, std::move(fetch)) : fetch;
}

std::chrono::sys_seconds RunDecisions::local_end_of(const IssueTerms& terms) {
  const FreshKeys* const issuer = issuers_.find(terms);
  return issuer && issuer->current() ? issuer->end_by_this_clock() : std::chrono::sys_seconds{};
}

const IssuedCredentials* RunDecisions::keys_of(const IssueTerms& terms) {
  const FreshKeys* const issuer = issuers_.find(terms);
  return issuer ? issuer->current() : nullptr;
}

}  // namespace broker
