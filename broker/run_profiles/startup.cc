#include "run_profiles/startup.h"

#include <optional>

#include "decide/authorize.h"
#include "ipc/sts_limits.h"

namespace broker {
namespace {

constexpr char kNoConsole[] =
    "this rule gives no console, which no process tree holds: work under `sentinel exec --server`, or ask for a rule "
    "that allows the profile in mode cli";

}  // namespace

void Startup::begin(Done done) {
  done_ = std::move(done);
  have_judge_ = parts_.purpose == StartFor::kRequests;  // with the run
  have_identity_ = !parts_.judge.needs_identity();
  if (!have_identity_)
    identity_.find([this](const ipc::Status& found) { on_identity(found); });
  else if (have_judge_)
    when_both_are_there();
  if (!have_judge_) parts_.judge.start([this](const ipc::Status& ready) { on_judge(ready); });
}

void Startup::on_identity(const ipc::Status& found) {
  if (!found) return finish(found);
  if (parts_.run.principal.user.empty()) {
    parts_.notices.warning("the key belongs to " + parts_.run.principal.arn +
                           ", whose name its owner chose: only rules without users can match");
  }
  have_identity_ = true;
  when_both_are_there();
}

void Startup::on_judge(const ipc::Status& ready) {
  judge_ready_ = ready;
  have_judge_ = true;
  when_both_are_there();
}

ipc::Status Startup::refused(const Refusal& refusal, const Decision& decision) {
  // A policy that cannot be used has its own sentence, and is no decision.
  if (!decision.verdict) return std::unexpected(ipc::with_next_step(decision.verdict.error(), kMendPolicy));
  if (ipc::Status recorded = parts_.record.run_refused(refusal, decision); !recorded) return recorded;
  const std::optional<Obstacle> obstacle = obstacle_of(*decision.verdict);
  const bool wants_server = obstacle == Obstacle::kServer || obstacle == Obstacle::kServerTracking;
  const std::string user = parts_.run.principal.user.empty() ? "" : " and user " + parts_.run.principal.user;
  return ipc::fail(ipc::Fault::kRefused,
                   "refused credentials for profile " + parts_.run.profile + user + ": " + refusal.sentence + " [" +
                       parts_.run.policy_name + "]",
                   parts_.run.for_console && wants_server ? kNoConsole : refusal.next_step);
}

void Startup::when_both_are_there() {
  if (!have_identity_ || !have_judge_ || !done_) return;
  if (!judge_ready_) return finish(std::unexpected(ipc::with_next_step(judge_ready_.error(), kMendPolicy)));
  const Decision decision = parts_.decisions.for_run();
  const std::string table = table_to_track_in(decision);
  if (!table.empty()) return track(table, std::holds_alternative<Refusal>(decision.outcome));
  go_on(decision);
}

// Empty where the run is not to be tracked: it is served and permitted, or lacks nothing but the tracking, and a table
// is named.
std::string Startup::table_to_track_in(const Decision& decision) const {
  if (parts_.run.mode != Mode::kServer || !decision.verdict) return {};
  const Verdict& verdict = *decision.verdict;
  const bool permitted = std::holds_alternative<Permit>(decision.outcome);
  if (!permitted && obstacle_of(verdict) != Obstacle::kTracking) return {};
  // What demands to be revocable is so in the table that the policy names, at AWS: not in one of the user's choosing.
  if (!permitted && (verdict.session_table.empty() || !parts_.profile.dynamodb.named_by.empty())) return {};
  return verdict.session_table.empty() ? parts_.session_table : verdict.session_table;
}

// The record comes first: what was not written cannot be revoked. Then policy is asked again, about a tracked run.
void Startup::track(const std::string& table, bool demanded) {
  ipc::Result<SessionRecord> record =
      new_session_record(parts_.run.principal.user, parts_.run.profile,
                         parts_.aws.clock.wall() + parts_.aws.clock_offset, ipc::sts::kShortest);
  if (!record) return finish(std::unexpected(record.error()));
  parts_.sessions.create(table, std::move(*record), [this, demanded](const ipc::Status& created) {
    if (created) add_endpoint(parts_.run.endpoints, "dynamodb", parts_.profile.dynamodb);
    if (created) return go_on(parts_.decisions.for_run());
    if (!demanded) {
      parts_.notices.warning("this run is not tracked and cannot be revoked: " + created.error().what + "; " +
                             created.error().next_step);
      return go_on(parts_.decisions.for_run());
    }
    const Decision decision = parts_.decisions.for_run();
    if (!decision.verdict) return finish(refused({}, decision));
    const Refusal refusal{
        "session",
        "policy rule \"" + decision.verdict->rule + "\" demands a tracked session, and " + created.error().what,
        created.error().next_step};
    finish(refused(refusal, decision));
  });
}

void Startup::go_on(const Decision& decision) {
  if (parts_.purpose == StartFor::kRequests) return finish({});
  if (const Refusal* refusal = std::get_if<Refusal>(&decision.outcome)) return finish(refused(*refusal, decision));
  if (parts_.purpose == StartFor::kLazyRun) return finish({});
  // The permit lapses: it was asked whether there is one, and nothing is handed out yet.
  FreshKeys* const issuer = parts_.decisions.issuer_for(std::get<Permit>(decision.outcome).terms(), *decision.verdict);
  issuer->get([this](const ipc::Result<const IssuedCredentials*>& keys) {
    if (keys) return finish({});
    finish(without_keys(keys.error()));
  });
}

// A refusal by the judge itself has its line in the log.
ipc::Status Startup::without_keys(const ipc::Error& error) {
  if (const std::optional<Decision> decision = parts_.judge.refusal(error)) {
    const Refusal& refusal = std::get<Refusal>(decision->outcome);
    if (ipc::Status recorded = parts_.record.run_refused(refusal, *decision); !recorded) return recorded;
  }
  return std::unexpected(
      ipc::with_next_step(error, "try again; if it stays so, look at what answers at " + parts_.profile.sts.url));
}

void Startup::finish(const ipc::Status& outcome) {
  if (!done_) return;  // the first error counts
  const Done done = std::exchange(done_, nullptr);
  done(outcome);
}

}  // namespace broker
