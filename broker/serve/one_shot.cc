#include "serve/one_shot.h"

#include <utility>

#include "aws/endpoint.h"
#include "aws/source_identity.h"
#include "services/console.h"
#include "text/rfc3339.h"

namespace broker {
namespace {

using ipc::Fault;

constexpr char kForTheConsole[] = "for the AWS console", kKeptByEarlier[] = "kept by an earlier run (--cache)";

// `detail`: of the line; empty: none.
ipc::Result<RecordedPermit> record(AuditLog& audit, const DecisionRecord& lines, Decision decision,
                                   const IssuedCredentials& keys, const char* detail = "") {
  Permit& permit = std::get<Permit>(decision.outcome);
  const ipc::Result<std::string> id = new_request_id();
  if (!id) return std::unexpected(id.error());
  const std::string narrowed = narrowed_words(permit.terms().narrowing.get());
  const CallerFacts nobody;
  DecisionLine line = lines.line_for(nobody, decision);
  lines.show_issue(line, permit.terms(), keys, *id, narrowed);
  line.detail = detail;
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

// What the policy permits now, and the keys that the start has fetched for it.
struct Permitted {
  Decision decision;
  const FreshKeys* issuer;
  const IssuedCredentials* keys;
};

std::unexpected<ipc::Error> policy_changed() {
  return ipc::fail(Fault::kUnavailable, "the policy changed while the credentials were being fetched", "try again");
}

ipc::Result<Permitted> permitted_now(RunProfile& profile) {
  RunDecisions& decisions = profile.decisions();
  Decision decision = decisions.for_run();
  if (const Refusal* refusal = std::get_if<Refusal>(&decision.outcome)) {
    return std::unexpected(profile.refused(*refusal, decision).error());
  }
  // The start has fetched them under the same terms, or a moment ago under others, when policy has changed since.
  const FreshKeys* const issuer = decisions.issuer_for(std::get<Permit>(decision.outcome).terms(), *decision.verdict);
  const IssuedCredentials* const keys = issuer ? issuer->current() : nullptr;
  if (!keys) return policy_changed();
  return Permitted{std::move(decision), issuer, keys};
}

// Of what GetSessionToken gives, the console makes no session.
ipc::Status can_sign_in(const IssuedCredentials& keys, const ResolvedProfile& profile, const Principal& principal) {
  const bool of_a_user = principal.arn.contains(":user/") || principal.arn.ends_with(":root");
  if (!keys.role_arn.empty() || !of_a_user) return {};
  return ipc::fail(
      Fault::kConfig,
      "profile " + profile.name + " has no role, and the console is signed in to with a role's session alone",
      "name a profile with role_arn, or one of IAM Identity Center");
}

ConsolePlace console_place(const IssuedCredentials& keys, const ResolvedProfile& profile, const Principal& principal) {
  const std::string& arn = keys.role_arn.empty() ? principal.arn : keys.role_arn;
  const std::size_t begin = arn.find(':') + 1;
  const std::string partition = arn.substr(begin, arn.find(':', begin) - begin);
  return {is_partition(partition) ? partition : std::string(partition_of(profile.region)), profile.region};
}

}  // namespace

ipc::Result<ipc::IssuedKeys> issue_once(AuditLog& audit, RunProfile& profile) {
  ipc::Result<Permitted> now = permitted_now(profile);
  if (!now) return std::unexpected(now.error());
  ipc::Result<RecordedPermit> recorded = record(audit, profile.record(), std::move(now->decision), *now->keys,
                                                profile.run().took_kept_keys ? kKeptByEarlier : "");
  if (!recorded) return std::unexpected(recorded.error());  // no line, no credentials
  return message_of(std::move(*recorded), *now->keys, now->issuer->end_by_this_clock(), profile.resolved().region);
}

// ---- the console ---------------------------------------------------------------------------------------------------

void ConsoleAnswer::begin(Done done) {
  done_ = std::move(done);
  if (const ipc::Status asked = ask(); !asked) done_(std::unexpected(asked.error()));
}

ipc::Status ConsoleAnswer::ask() {
  const ipc::Result<Permitted> now = permitted_now(parts_.profile);
  if (!now) return std::unexpected(now.error());
  const IssuedCredentials& keys = *now->keys;
  const ResolvedProfile& profile = parts_.profile.resolved();
  const Principal& principal = parts_.profile.key().principal;
  if (ipc::Status fits = can_sign_in(keys, profile, principal); !fits) return fits;
  const ConsolePlace place = console_place(keys, profile, principal);
  ipc::Result<std::string> destination = console_destination(place, parts_.destination);
  if (!destination) return std::unexpected(destination.error());
  ipc::Result<AwsEndpoint> endpoint = profile.sign_in;
  const bool by_variable = endpoint && !endpoint->url.empty();
  if (endpoint && !by_variable) endpoint = federation_endpoint(place);
  if (!endpoint) return std::unexpected(endpoint.error());
  if (by_variable) {
    parts_.notices.warning("the session's keys go to " + endpoint->url + ", which " + endpoint->named_by +
                           " names, to be signed in to the console there");
  }
  destination_ = std::move(*destination);
  endpoint_ = std::move(*endpoint);
  key_id_ = keys.access_key_id;
  call_ = std::make_unique<AwsCall>(
      parts_.profile.key().aws, get_sign_in_token(endpoint_, keys), read_sign_in_failure,
      [this](std::expected<HttpAnswer, AwsCallError> answer) { on_token(std::move(answer)); });
  return {};
}

void ConsoleAnswer::on_token(std::expected<HttpAnswer, AwsCallError> answer) {
  const Done done = std::exchange(done_, nullptr);
  if (!answer) {
    ipc::Error error = std::move(answer.error().error);
    error.what = "the console could not be signed in to: " + error.what;
    return done(std::unexpected(ipc::with_next_step(
        std::move(error),
        "try again; if it stays so, look whether aws sts get-caller-identity takes keys of this profile")));
  }
  const ipc::Result<ipc::SecretBuffer> token = read_sign_in_token(answer->body.view());
  if (!token) return done(std::unexpected(token.error()));
  done(page_with(token->reveal()));
}

ipc::Result<ipc::ConsolePage> ConsoleAnswer::page_with(std::string_view token) const {
  const ipc::Result<ipc::SecretBuffer> url = console_page(endpoint_, destination_, token);
  if (!url) return std::unexpected(url.error());
  ipc::Result<Permitted> now = permitted_now(parts_.profile);
  if (!now) return std::unexpected(now.error());
  if (now->keys->access_key_id != key_id_) return policy_changed();
  const std::chrono::sys_seconds end = now->issuer->end_by_this_clock();
  ipc::Result<RecordedPermit> recorded =
      record(parts_.audit, parts_.profile.record(), std::move(now->decision), *now->keys, kForTheConsole);
  if (!recorded) return std::unexpected(recorded.error());  // no line, no page
  ipc::ConsolePage page;
  if (recorded->spend() && page.url.assign(url->reveal()) && page.ends.assign(rfc3339(end).text())) return page;
  return ipc::fail(Fault::kProtocol, "the console's page has an address that is longer than any",
                   "report it with this line");
}

Mode mode_of(ipc::RunMode mode) {
  switch (mode) {
    case ipc::RunMode::Server:
      return Mode::kServer;
    case ipc::RunMode::Cli:
    case ipc::RunMode::Whoami:
    case ipc::RunMode::Login:
      return Mode::kCli;
    case ipc::RunMode::CredentialProcess:
      return Mode::kCredentialProcess;
  }
  return Mode::kServer;
}

}  // namespace broker
