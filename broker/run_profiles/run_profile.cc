#include "run_profiles/run_profile.h"

#include <utility>

namespace broker {
namespace {

SessionTracker::Lost say_lost(const RunShared& shared, const std::string& profile) {
  const std::string who = shared.alone ? "this run" : "profile " + profile;
  return [&notices = shared.notices, who](const std::string& sentence) {
    notices.warning(sentence + "; " + who + " gets no more credentials");
  };
}

}  // namespace

RunProfile::RunProfile(std::shared_ptr<ResolvedProfile> resolved, Run run, FirstKey& key, const RunShared& shared)
    : resolved_(std::move(resolved)),
      run_(std::move(run)),
      key_(key),
      shared_(shared),
      sessions_(key.aws, *resolved_, say_lost(shared, run_.profile)) {}

void RunProfile::judged_by(std::unique_ptr<Judge> judge) {
  judge_ = std::move(judge);
  RunDecisions::Parts parts{run_, key_.aws, *judge_, sessions_, shared_.notices};
  if (shared_.role_keys) {
    parts.keep = [this](const IssueTerms& terms, const Verdict& verdict, StartFetch fetch) {
      return kept(terms, verdict, std::move(fetch));
    };
  }
  decisions_ = std::make_unique<RunDecisions>(std::move(parts));
  record_ = std::make_unique<DecisionRecord>(DecisionRecord::Parts{run_, *judge_, sessions_, shared_.audit,
                                                                   shared_.notices, shared_.clock, shared_.timers,
                                                                   shared_.flood, shared_.own_uid});
}

StartFetch RunProfile::kept(const IssueTerms& terms, const Verdict& verdict, StartFetch fetch) {
  std::optional<SessionName> name = name_of_kept_keys(*resolved_, run_, terms, verdict);
  if (!name) return fetch;
  return kept_or_fetched({key_.aws, *resolved_, run_, *shared_.role_keys, [this] { run_.took_kept_keys = true; }},
                         std::move(*name), terms.lifetime.granted, std::move(fetch));
}

void RunProfile::make_startup(StartFor purpose) {
  startup_ =
      std::make_unique<Startup>(Startup::Parts{key_.aws, *resolved_, key_.principal, run_, *judge_, *decisions_,
                                               *record_, sessions_, shared_.notices, shared_.session_table, purpose});
}

void RunProfile::prepare(StartFor purpose, Done done) {
  waiting_.push_back(std::move(done));
  if (waiting_.size() > 1) return;  // under way
  make_startup(purpose);
  startup_->begin([this](const ipc::Status& prepared) { on_prepared(prepared); });
}

// The start that has ended stays until the next: this is its own call.
void RunProfile::on_prepared(const ipc::Status& prepared) {
  ready_ = prepared.has_value();
  const std::vector<Done> waiting = std::exchange(waiting_, {});
  for (const Done& done : waiting) done(prepared);
}

ipc::Status RunProfile::refused(const Refusal& refusal, const Decision& decision) {
  return startup_->refused(refusal, decision);
}

bool RunProfile::may_ask_user() const {
  if (!key_.keys || key_.keys->held()) return false;
  const SourceKind kind = kind_of(resolved_->base);
  return (resolved_->mfa && resolved_->mfa->process.empty()) || kind == SourceKind::kStore ||
         kind == SourceKind::kSso || kind == SourceKind::kLogin;
}

std::string RunProfile::waited_for() const {
  std::string who(judge_->issuer());
  who += " has not answered yet";
  if (resolved_->mfa && resolved_->mfa->process.empty() && !key_.keys->held()) {
    who += ", nor has the user, who may be asked for a code of the MFA device " + resolved_->mfa->serial;
  }
  return who;
}

}  // namespace broker
