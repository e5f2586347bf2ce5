#include "tracking/tracker.h"

#include <algorithm>
#include <utility>

namespace broker {

using ipc::Fault;
using std::chrono::milliseconds;

std::string SessionTracker::name() const { return "session " + record_.id + " in table '" + table_ + "'"; }

// ---- the beginning -------------------------------------------------------------------------------------------------

void SessionTracker::create(std::string table, SessionRecord record, Answer done) {
  created_ = std::move(done);
  table_ = std::move(table);
  record_ = std::move(record);
  ipc::Status sound = check_table_name(table_);
  ipc::Result<AwsEndpoint> endpoint = require_dynamodb(profile_);
  if (sound && !endpoint) sound = std::unexpected(endpoint.error());
  if (!sound) {
    last_error_ = sound.error();
    return arm(milliseconds(0), &SessionTracker::on_limit);
  }
  endpoint_ = std::move(*endpoint);
  last_error_ = {Fault::kUnavailable, "the session table '" + table_ + "' did not answer for 8 seconds",
                 "check the network and the endpoint of DynamoDB; then try again", 0};
  asked_at_ = now();
  arm(kCreateLimit, &SessionTracker::on_limit);
  call_ = ask_write_item(context_, table_,
                         put_item(endpoint_, key_of(table_, record_), beginning(record_), identity_of(record_)),
                         [this](const ipc::Result<bool>& written) { on_created(written); });
}

void SessionTracker::on_created(const ipc::Result<bool>& written) {
  const auto spent = std::move(call_);
  timer_.reset();
  const Answer done = std::exchange(created_, nullptr);
  if (!written) return done(std::unexpected(written.error()));
  if (!*written) {
    return done(ipc::fail(Fault::kRefused, "the session table '" + table_ + "' has a session of this id already",
                          "start the run anew: it takes another id"));
  }
  tracked_ = true;
  confirmed_at_ = asked_at_;
  done({});
}

// ---- may the run go on ---------------------------------------------------------------------------------------------

std::optional<SessionTracker::Age> SessionTracker::age() const {
  if (!confirmed_at_) return std::nullopt;
  return now() - *confirmed_at_;
}

bool SessionTracker::forgiven() const { return unreachable_ && age() && *age() <= kForgiven; }

SessionTracker::Standing SessionTracker::standing() {
  if (!lost_.empty()) return Refused{lost_};
  if (age() && *age() <= kConfirmedFor) return Confirmed{};
  if (!forgiven()) return MustAsk{};
  if (!call_ && now() >= quiet_until_) touch_now();
  return Confirmed{};
}

void SessionTracker::ask(Answer done) {
  if (!lost_.empty() && !call_) return done(std::unexpected(lost_error()));
  if (!call_ && now() < quiet_until_) return done(std::unexpected(last_error_));
  waiters_.push_back(std::move(done));
  if (!call_) touch_now();
}

void SessionTracker::count() {
  ++record_.request_count;
  record_.last_access_at = wall();
}

void SessionTracker::note_issue(std::chrono::sys_seconds expires, const std::string& source_identity) {
  // Keys of other terms may still live longer.
  record_.expires_at = issued_ ? std::max(record_.expires_at, Clock::Wall(expires)) : Clock::Wall(expires);
  record_.source_identity = source_identity;
  issued_ = true;
  if (!tracked_ || !lost_.empty()) return;
  touch_again_ = true;
  if (!call_) touch_now();
}

void SessionTracker::touch_now() {
  touch_again_ = false;
  asked_at_ = now();
  arm(kLate, &SessionTracker::on_late);
  call_ = ask_write_item(context_, table_,
                         update_item(endpoint_, key_of(table_, record_), touch(record_, wall()), still_active()),
                         [this](const ipc::Result<bool>& written) { on_touched(written); });
}

void SessionTracker::arm(milliseconds delay, void (SessionTracker::*what)()) {
  timer_ = context_.timers.after(delay, [this, what] {
    const auto spent = std::move(timer_);
    (this->*what)();
  });
}

void SessionTracker::on_late() {
  arm(kLimit - kLate, &SessionTracker::on_limit);
  unreachable_ = true;
  if (forgiven()) answer_waiters({});  // else each waits as long as it may
}

void SessionTracker::on_limit() {
  call_.reset();
  if (created_) return std::exchange(created_, nullptr)(std::unexpected(last_error_));
  if (!lost_.empty()) return on_reason(std::unexpected(last_error_));
  on_failure({Fault::kUnavailable, "the session table '" + table_ + "' did not answer for 3 seconds",
              "check the network and the endpoint of DynamoDB; then try again", 0});
}

void SessionTracker::on_touched(const ipc::Result<bool>& written) {
  const auto spent = std::move(call_);
  timer_.reset();
  if (!written) return on_failure(written.error());
  if (!*written) return lose();
  confirmed_at_ = asked_at_;
  unreachable_ = false;
  if (touch_again_) touch_now();
  answer_waiters({});
}

void SessionTracker::on_failure(const ipc::Error& error) {
  last_error_ = error;
  quiet_until_ = now() + kPause;
  unreachable_ = error.fault == Fault::kUnavailable;
  // A table that refuses the question may have been taken from us on purpose.
  if (!unreachable_) confirmed_at_.reset();
  if (forgiven()) return answer_waiters({});
  answer_waiters(std::unexpected(error));
}

// ---- refusals ------------------------------------------------------------------------------------------------------

// Nothing is served from here on. The record is read once more, only to say why.
void SessionTracker::lose() {
  lost_ = name() + " is revoked, expired or gone";
  arm(kLimit, &SessionTracker::on_limit);
  call_ = ask_item(context_, endpoint_, key_of(table_, record_),
                   [this](const ipc::Result<std::optional<Item>>& found) { on_reason(found); });
}

void SessionTracker::on_reason(const ipc::Result<std::optional<Item>>& found) {
  const auto spent = std::move(call_);
  timer_.reset();
  if (found) lost_ = name() + " " + why_not_active(*found);
  if (lost_told_) lost_told_(lost_);
  answer_waiters(std::unexpected(lost_error()));
}

ipc::Error SessionTracker::lost_error() const {
  return {Fault::kRefused, lost_, "this run gets no more credentials; ask whoever ended the session, then start anew",
          0};
}

void SessionTracker::answer_waiters(const ipc::Status& status) {
  const std::vector<Answer> waiters = std::exchange(waiters_, {});
  for (const Answer& waiter : waiters) waiter(status);
}

// ---- the end -------------------------------------------------------------------------------------------------------

void SessionTracker::end(std::function<void()> done) {
  timer_.reset();
  call_.reset();  // where it arrives all the same, it finds the record ended
  waiters_.clear();
  if (!tracked_ || !lost_.empty()) return done();
  call_ = ask_write_item(context_, table_,
                         update_item(endpoint_, key_of(table_, record_), ending(record_, wall()), still_active()),
                         [done = std::move(done)](const ipc::Result<bool>&) { done(); });
}

}  // namespace broker
