#include "serve/one_shot.h"

#include "aws/source_identity.h"
#include "text/rfc3339.h"

namespace broker {
namespace {

using ipc::Fault;

ipc::Result<RecordedPermit> record(AuditLog& audit, const DecisionRecord& lines, Decision decision,
                                   const IssuedCredentials& keys) {
  Permit& permit = std::get<Permit>(decision.outcome);
  const ipc::Result<std::string> id = new_request_id();
  if (!id) return std::unexpected(id.error());
  const std::string narrowed = narrowed_words(permit.terms().narrowing.get());
  const CallerFacts nobody;
  DecisionLine line = lines.line_for(nobody, decision);
  lines.show_issue(line, permit.terms(), keys, *id, narrowed);
  ipc::Result<RecordedPermit> recorded = audit.record(std::move(permit), line);
  if (!recorded || !audit.needs_commit()) return recorded;
  if (ipc::Status durable = audit.commit(); !durable) return std::unexpected(durable.error());
  return recorded;
}

// `end`: by this machine's clock.
ipc::Result<ipc::IssuedKeys> message_of(RecordedPermit permit, const IssuedCredentials& keys,
                                        std::chrono::sys_seconds end, std::string_view region) {
  ipc::IssuedKeys message;
  const bool whole = permit.spend() && message.access_key_id.assign(keys.access_key_id) &&
                     message.secret_access_key.assign(keys.secret_access_key.reveal()) &&
                     message.session_token.assign(keys.session_token.reveal()) &&
                     message.expiration.assign(rfc3339(end).text()) && message.region.assign(region);
  if (whole) return message;
  return ipc::fail(Fault::kProtocol, "AWS issued credentials that are longer than any that are known",
                   "report it with this line");
}

}  // namespace

ipc::Result<ipc::IssuedKeys> issue_once(AuditLog& audit, RunProfile& profile) {
  RunDecisions& decisions = profile.decisions();
  Decision decision = decisions.for_run();
  if (const Refusal* refusal = std::get_if<Refusal>(&decision.outcome)) {
    return std::unexpected(profile.refused(*refusal, decision).error());
  }
  // The start has fetched them under the same terms, or a moment ago under others, when policy has changed since.
  const FreshKeys* const issuer = decisions.issuer_for(std::get<Permit>(decision.outcome).terms(), *decision.verdict);
  const IssuedCredentials* const keys = issuer ? issuer->current() : nullptr;
  if (!keys) {
    return ipc::fail(Fault::kUnavailable, "the policy changed while the credentials were being fetched", "try again");
  }
  ipc::Result<RecordedPermit> recorded = record(audit, profile.record(), std::move(decision), *keys);
  if (!recorded) return std::unexpected(recorded.error());  // no line, no credentials
  return message_of(std::move(*recorded), *keys, issuer->end_by_this_clock(), profile.resolved().region);
}

Mode mode_of(ipc::RunMode mode) {
  switch (mode) {
    case ipc::RunMode::Server:
      return Mode::kServer;
    case ipc::RunMode::Cli:
    case ipc::RunMode::Whoami:
      return Mode::kCli;
    case ipc::RunMode::CredentialProcess:
      return Mode::kCredentialProcess;
  }
  return Mode::kServer;
}

}  // namespace broker
