#include "serve/whoami.h"

#include <utility>

#include "aws/source_identity.h"
#include "ipc/task_limits.h"
#include "ipc/text/clock_difference.h"
#include "services/trust_statements.h"
#include "text/rfc3339.h"

namespace broker {
namespace {

std::string effect_of(const Decision& decision) {
  if (!decision.verdict) return "none";
  return std::string(decision.verdict->effect);
}

std::string rule_of(const Decision& decision) {
  if (!decision.verdict) return decision.verdict.error().what;
  const Verdict& verdict = *decision.verdict;
  std::string text = verdict.rule_index < 0 ? "no rule matches" : "rule \"" + verdict.rule + "\"";
  if (!verdict.reason.empty()) text += ": " + verdict.reason;
  return text;
}

}  // namespace

std::string source_text(const ResolvedProfile& profile, std::string_view source,
                        std::optional<std::chrono::sys_seconds> shared_since) {
  std::string text = std::string(source) + " (profile " + profile.base_profile + ")";
  if (profile.mfa) text += ", a session with MFA device " + profile.mfa->serial;
  if (profile.mfa && shared_since) {
    text += " that another run made at " + std::string(rfc3339(*shared_since).text()) + " (--share-mfa)";
  }
  for (const RoleStep& role : profile.chain) text += ", then role " + role.role_arn + " (profile " + role.profile + ")";
  return text;
}

void WhoamiAnswer::begin(Done done) {
  done_ = std::move(done);
  identity_.find([this](const ipc::Status& found) { on_identity(found); });
  parts_.profile.judge().start([this](const ipc::Status& loaded) {
    policy_loaded_ = loaded;
    have_policy_ = true;
    answer();
  });
}

void WhoamiAnswer::on_identity(const ipc::Status& found) {
  have_identity_ = found.has_value();
  if (have_identity_) return answer();
  if (const Done done = std::exchange(done_, nullptr)) done(std::unexpected(found.error()));
}

void WhoamiAnswer::answer() {
  if (!have_identity_ || !have_policy_ || !done_) return;
  const ResolvedProfile& profile = parts_.profile.resolved();
  const Run& run = parts_.profile.run();
  const FirstKey& key = parts_.profile.key();
  ipc::Whoami message;
  message.arn = ipc::Text<2048>(run.principal.arn);
  message.account = ipc::Text<64>(run.principal.account);
  message.user = ipc::Text<256>(run.principal.user);
  message.source = ipc::Text<2048>(source_text(profile, run.credential_source, key.shared_mfa_since));
  message.region = ipc::Text<64>(profile.region);
  message.clock = ipc::Text<128>(ipc::clock_difference_words(key.aws.clock_offset));
  if (!parts_.task.policy_file.empty() || !parts_.task.policy_parameter.empty()) add_policy(message);
  const Done done = std::exchange(done_, nullptr);
  done(std::move(message));
}

std::vector<ipc::WhoamiRole> WhoamiAnswer::roles() const {
  std::vector<ipc::WhoamiRole> roles;
  const Principal& principal = parts_.profile.run().principal;
  const std::string& user = principal.user;
  TrustNeeds needs{principal.arn, {}, user.empty() ? "" : source_identity_pattern(user)};
  for (const RoleStep& step : parts_.profile.resolved().chain) {
    if (roles.size() == ipc::kMostRolesTold) break;
    needs.external_id = step.external_id;
    needs.tags = !step.tags.empty();
    ipc::WhoamiRole role{{}, {}, !needs.source_names.empty(), needs.tags};
    if (!role.role_arn.assign(step.role_arn) || !role.trust.assign(trust_statements(needs))) break;
    roles.push_back(std::move(role));
    needs.caller = step.role_arn;
  }
  return roles;
}

Decision WhoamiAnswer::decide(Mode mode, std::optional<Via> transport) {
  parts_.profile.run().mode = mode;
  parts_.profile.run().transport = transport;
  return parts_.profile.decisions().for_run();
}

// As a server would be asked, and without one: a policy may tell them apart.
std::string WhoamiAnswer::signature_words() const {
  if (!parts_.verifier.enforces()) {
    const bool in_file = parts_.task.policy_parameter.empty();
    return "no key named: the signature beside the " + std::string(in_file ? "file" : "parameter") +
           " is not looked at";
  }
  const std::string key = parts_.verifier.key_words();
  if (!policy_loaded_) return "must be, by " + key;
  return "version " + std::to_string(parts_.policy.signed_version()) + ", by " + key;
}

void WhoamiAnswer::add_policy(ipc::Whoami& message) {
  message.signature = ipc::Text<512>(signature_words());
  if (!policy_loaded_) {
    message.effect = ipc::Text<256>(std::string_view("none"));
    message.rule = ipc::Text<1024>("the policy cannot be used: " + policy_loaded_.error().what);
    return;
  }
  const Decision served = decide(Mode::kServer, Via::kUnix), alone = decide(Mode::kCli, std::nullopt);
  const bool same = effect_of(served) == effect_of(alone) && rule_of(served) == rule_of(alone);
  message.effect = ipc::Text<256>(
      same ? effect_of(served) : effect_of(served) + " with --server --unix-socket, " + effect_of(alone) + " without");
  message.rule = ipc::Text<1024>(same ? rule_of(served) : rule_of(served) + "; without --server " + rule_of(alone));
}

}  // namespace broker
