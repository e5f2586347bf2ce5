#include "remote/judge.h"

#include <utility>

#include "issuing/chain_run.h"
#include "keys/renewed_keys.h"
#include "policy/policy.h"
#include "remote/fetch.h"

namespace broker {
namespace {

constexpr std::chrono::seconds kSigningLife{3600};  // every role allows as much, and a chain of roles no more
constexpr char kReason[] = "the remote server judges";

// The profile's own roles, without a source identity: a role that trusts them trusts the AWS CLI as well, which sends
// none.
StartFetch signing_chain(AwsContext& context, const ResolvedProfile& profile, std::string session_name) {
  IssueTerms terms{std::move(session_name), {}, {kSigningLife, kSigningLife, false}, {}, {}};
  return [&context, &profile, terms](OnKeys done) {
    return std::make_unique<RoleChainRun>(context, profile, terms, std::move(done));
  };
}

}  // namespace

ipc::Result<std::unique_ptr<RemoteJudge>> RemoteJudge::open(Parts parts) {
  const bool is_signed = parts.token_file.empty();
  auto server = parse_remote_server(
      {std::move(parts.url), parts.profile.name, parts.profile.region, std::move(parts.device_id), is_signed});
  if (!server) return std::unexpected(server.error());
  std::unique_ptr<RemoteJudge> judge(
      new RemoteJudge(parts.context, parts.errands, std::move(*server), parts.profile.sts));
  judge->standing_.warn = std::move(parts.warn);
  judge->token_file_ = std::move(parts.token_file);
  if (is_signed && !parts.profile.chain.empty()) {
    judge->chain_ = std::make_unique<RenewedKeys>(
        parts.context, signing_chain(parts.context, parts.profile, std::move(parts.session_name)));
  }
  return judge;
}

StartFetch RemoteJudge::keys_for(const IssueTerms& terms) {
  return [this, duration = terms.lifetime.granted](OnKeys done) {
    RemoteParts parts{context_,  server_,    sts_, standing_, token_file_.empty() ? signer() : nullptr,
                      &errands_, token_file_};
    return std::make_unique<RemoteFetch>(std::move(parts), duration, std::move(done));
  };
}

ipc::Result<Verdict> RemoteJudge::verdict(std::optional<Via>) {
  Verdict verdict;
  verdict.allowed = true;
  verdict.effect = word(Effect::kAllow);
  verdict.reason = kReason;
  return verdict;
}

std::optional<Decision> RemoteJudge::refusal(const ipc::Error& error) const {
  if (error.fault != ipc::Fault::kRefused) return {};
  Verdict verdict;
  verdict.effect = word(Effect::kDeny);
  verdict.reason = error.what;
  return Decision{
      Check::kPassed, std::move(verdict), {}, Refusal{std::string(kRemoteSource), error.what, error.next_step}};
}

}  // namespace broker
