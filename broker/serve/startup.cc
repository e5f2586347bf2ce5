#include "serve/startup.h"

#include "decide/authorize.h"
#include "ipc/sts_limits.h"
#include "serve/task.h"

namespace broker {

void Startup::begin(Done done) {
  done_ = std::move(done);
  have_identity_ = requests_.judged_remotely();  // whoever judges elsewhere finds out for himself who asks
  if (!have_identity_) identity_.find([this](const ipc::Status& found) { on_identity(found); });
  policy_.start([this](const ipc::Status& loaded) { on_policy(loaded); });
}

void Startup::on_identity(const ipc::Status& found) {
  if (!found) return finish(found);
  if (run_.principal.user.empty()) {
    notices_.warning("the key belongs to " + run_.principal.arn +
                     ", whose name its owner chose: only rules without users can match");
  }
  have_identity_ = true;
  when_both_are_there();
}

void Startup::on_policy(const ipc::Status& loaded) {
  policy_loaded_ = loaded;
  have_policy_ = true;
  when_both_are_there();
}

ipc::Status Startup::refused(const Refusal& refusal, const Decision& decision) {
  // A policy that cannot be used has its own sentence, and is no decision.
  if (!decision.verdict) return std::unexpected(ipc::with_next_step(decision.verdict.error(), kMendPolicy));
  if (ipc::Status recorded = requests_.record_refusal(refusal, decision); !recorded) return recorded;
  const std::string user = run_.principal.user.empty() ? "" : " and user " + run_.principal.user;
  return ipc::fail(ipc::Fault::kRefused,
                   "refused credentials for profile " + run_.profile + user + ": " + refusal.sentence + " [" +
                       run_.policy_name + "]",
                   refusal.next_step);
}

void Startup::when_both_are_there() {
  if (!have_identity_ || !have_policy_ || !done_) return;
  if (!policy_loaded_) return finish(std::unexpected(ipc::with_next_step(policy_loaded_.error(), kMendPolicy)));
  const Decision decision = requests_.judge_run();
  const std::string table = table_to_track_in(decision);
  if (!table.empty()) return track(table, std::holds_alternative<Refusal>(decision.outcome));
  go_on(decision);
}

// Empty where the run is not to be tracked: it is served and permitted, or lacks nothing but the tracking, and a table
// is named.
std::string Startup::table_to_track_in(const Decision& decision) const {
  if (run_.mode != Mode::kServer || !decision.verdict) return {};
  const Verdict& verdict = *decision.verdict;
  const bool permitted = std::holds_alternative<Permit>(decision.outcome);
  if (!permitted && obstacle_of(verdict) != Obstacle::kTracking) return {};
  return verdict.session_table.empty() ? session_table_ : verdict.session_table;
}

// The record comes first: what was not written cannot be revoked. Then policy is asked again, about a tracked run.
void Startup::track(const std::string& table, bool demanded) {
  ipc::Result<SessionRecord> record = new_session_record(
      run_.principal.user, run_.profile, context_.clock.wall() + context_.clock_offset, ipc::sts::kShortest);
  if (!record) return finish(std::unexpected(record.error()));
  sessions_.create(table, std::move(*record), [this, demanded](const ipc::Status& created) {
    if (created) return go_on(requests_.judge_run());
    if (!demanded) {
      notices_.warning("this run is not tracked and cannot be revoked: " + created.error().what + "; " +
                       created.error().next_step);
      return go_on(requests_.judge_run());
    }
    const Decision decision = requests_.judge_run();
    if (!decision.verdict) return finish(refused({}, decision));
    const Refusal refusal{
        "session",
        "policy rule \"" + decision.verdict->rule + "\" demands a tracked session, and " + created.error().what,
        created.error().next_step};
    finish(refused(refusal, decision));
  });
}

void Startup::go_on(const Decision& decision) {
  if (const Refusal* refusal = std::get_if<Refusal>(&decision.outcome)) return finish(refused(*refusal, decision));
  if (lazy_) return finish({});
  // The permit lapses: it was asked whether there is one, and nothing is handed out yet.
  Issuer* const issuer = requests_.issuer_for(std::get<Permit>(decision.outcome).terms(), *decision.verdict);
  issuer->get([this](const ipc::Result<const IssuedCredentials*>& keys) {
    if (keys) return finish({});
    if (ipc::Status recorded = requests_.record_if_refused(keys.error()); !recorded) return finish(recorded);
    finish(std::unexpected(
        ipc::with_next_step(keys.error(), "try again; if it stays so, look at what answers at " + profile_.sts.url)));
  });
}

void Startup::finish(const ipc::Status& outcome) {
  if (!done_) return;  // the first error counts
  const Done done = std::exchange(done_, nullptr);
  done(outcome);
}

}  // namespace broker
