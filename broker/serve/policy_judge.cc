#include "serve/policy_judge.h"

#include <memory>
#include <utility>

#include "issuing/chain_run.h"
#include "policy/evaluate.h"
#include "policy/explain_line.h"
#include "policy/narrowing.h"

namespace broker {

using std::chrono::seconds;

ipc::Status check_policy_fits(const Policy& policy, const Run& run) {
  return check_profile_can_be_narrowed(policy, run.profile, run.source.has_role, run.source.takes_tags);
}

ipc::Result<Verdict> PolicyJudge::verdict(std::optional<Via> transport) {
  const ipc::Result<const Policy*> policy = parts_.policy.current(parts_.aws.clock.since_boot());
  if (!policy) return std::unexpected(policy.error());
  if (const ipc::Status& fit = fits(**policy); !fit) return std::unexpected(fit.error());
  const PolicyQuery asked = query(transport);
  Verdict verdict = evaluate(**policy, asked);
  if (!verdict.allowed) {
    const Run& run = parts_.run;
    verdict.explain_line = explain_line({run.policy_name, run.policy_is_parameter, run.policy_is_gone}, asked);
  }
  return verdict;
}

PolicyQuery PolicyJudge::query(std::optional<Via> transport) const {
  const Run& run = parts_.run;
  PolicyQuery query{run.principal.user, run.profile, run.mode, std::chrono::floor<seconds>(parts_.aws.clock.wall())};
  query.account = run.principal.account;
  query.arn = run.principal.arn;
  query.transport = transport;
  query.groups = run.groups;
  query.posture = parts_.posture.current(parts_.aws.clock.since_boot());
  // A table at an endpoint that a variable names may be the user's own.
  if (parts_.profile.dynamodb.named_by.empty()) query.session_table = parts_.sessions.table();
  return query;
}

// Once for each policy, not for each request: neither of them changes while the hash stays.
const ipc::Status& PolicyJudge::fits(const Policy& policy) {
  if (!fits_ || fits_for_ != policy.sha256) {
    fits_ = check_policy_fits(policy, parts_.run);
    fits_for_ = policy.sha256;
  }
  return *fits_;
}

Judge::Basis PolicyJudge::basis() const {
  const std::optional<seconds> stale = parts_.policy.stale_for(parts_.aws.clock.since_boot());
  return {parts_.policy.signed_version(), stale.value_or(seconds(0))};
}

StartFetch PolicyJudge::keys_for(const IssueTerms& terms) {
  return [parts = parts_, terms](OnKeys done) {
    return std::make_unique<RoleChainRun>(parts.aws, parts.profile, terms, std::move(done), parts.errands,
                                          parts.run.principal.arn);
  };
}

}  // namespace broker
