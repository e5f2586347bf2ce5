#include "whoami.h"

#include <utility>

#include "aws_queries.h"
#include "base_keys.h"
#include "startup.h"

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

std::string source_text(const ResolvedProfile& profile, std::string_view source) {
  std::string text = std::string(source) + " (profile " + profile.base_profile + ")";
  if (profile.mfa) text += ", a session with MFA device " + profile.mfa->serial;
  for (const RoleStep& role : profile.chain) text += ", then role " + role.role_arn + " (profile " + role.profile + ")";
  return text;
}

void WhoamiAnswer::begin(Done done) {
  done_ = std::move(done);
  identity_ = ask_identity(parts_.context, parts_.profile.sts,
                           [this](const ipc::Result<Principal>& principal) { on_identity(principal); });
  parts_.policy.start([this](const ipc::Status& loaded) {
    policy_loaded_ = loaded;
    have_policy_ = true;
    answer();
  });
}

void WhoamiAnswer::on_identity(const ipc::Result<Principal>& principal) {
  if (!principal) {
    ipc::Error error =
        advised(principal.error(), "try again; if it stays so, look at what answers at " + parts_.profile.sts.url);
    if (const Done done = std::exchange(done_, nullptr))
      done(std::unexpected(of_profile(std::move(error), parts_.profile.base_profile)));
    return;
  }
  principal_ = *principal;
  parts_.run.user = principal->user;
  parts_.run.account = principal->account;
  parts_.run.arn = principal->arn;
  if (const auto held = parts_.context.keys->held()) {
    learn(parts_.run.source, parts_.profile, !held->key->session_token.empty(), *principal);
  }
  answer();
}

void WhoamiAnswer::answer() {
  if (!principal_ || !have_policy_ || !done_) return;
  ipc::Whoami message;
  message.arn = ipc::Text<2048>(principal_->arn);
  message.account = ipc::Text<64>(principal_->account);
  message.user = ipc::Text<256>(principal_->user);
  message.source = ipc::Text<2048>(source_text(parts_.profile, parts_.run.credential_source));
  message.region = ipc::Text<64>(parts_.profile.region);
  if (parts_.has_policy) add_policy(message);
  const Done done = std::exchange(done_, nullptr);
  done(std::move(message));
}

Decision WhoamiAnswer::judge(Mode mode, std::optional<Via> transport) {
  parts_.run.mode = mode;
  parts_.run.transport = transport;
  return parts_.requests.judge_run();
}

// As a server would be asked, and without one: a policy may tell them apart.
void WhoamiAnswer::add_policy(ipc::Whoami& message) {
  if (!policy_loaded_) {
    message.effect = ipc::Text<256>(std::string_view("none"));
    message.rule = ipc::Text<1024>("the policy cannot be used: " + policy_loaded_.error().what);
    return;
  }
  const Decision served = judge(Mode::kServer, Via::kUnix), alone = judge(Mode::kCli, std::nullopt);
  const bool same = effect_of(served) == effect_of(alone) && rule_of(served) == rule_of(alone);
  message.effect = ipc::Text<256>(
      same ? effect_of(served) : effect_of(served) + " with --server --unix-socket, " + effect_of(alone) + " without");
  message.rule = ipc::Text<1024>(same ? rule_of(served) : rule_of(served) + "; without --server " + rule_of(alone));
}

}  // namespace broker
