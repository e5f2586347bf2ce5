#include "keys/fresh_keys.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "text/rfc3339.h"

namespace broker {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kShortest{15};                                // what a fetch that names no lifetime may come with
constexpr seconds kFarOff = std::chrono::hours(24 * 365 * 20);  // more than any run; nanoseconds can count it
constexpr seconds kLookAgain = std::chrono::hours(24 * 30);
constexpr seconds kClockWasSet{5};  // by less, two clocks that are read one after the other may differ

FreshKeys::FreshKeys(AwsContext& context, StartFetch fetch, KeyEvents events)
    : context_(context), fetch_(std::move(fetch)), events_(std::move(events)) {}

const IssuedCredentials* FreshKeys::current() const {
  return keys_ && life_left() >= least_life_ ? keys_.get() : nullptr;
}

void FreshKeys::get(OnCredentials done) {
  const bool quiet = now() < quiet_until_;
  if (const IssuedCredentials* keys = current()) {
    // The timer did not fire in time, as after a suspend.
    if (now() >= renew_at_ && !run_ && !quiet) start();
    return done(keys);
  }
  if (!run_ && quiet) return done(std::unexpected(last_error_));
  waiters_.push_back(std::move(done));
  if (!run_) start();
}

void FreshKeys::drop() {
  keys_.reset();
  renewal_.reset();
}

void FreshKeys::start() {
  renewal_.reset();
  run_ = fetch_([this](ipc::Result<IssuedCredentials> result) { on_done(std::move(result)); });
}

void FreshKeys::on_done(ipc::Result<IssuedCredentials> result) {
  const std::unique_ptr<KeyFetch> ended = std::move(run_);  // lives until its own callback has returned
  answering_ = true;
  if (result) {
    const seconds meant = ended->granted();
    const seconds life = result->expiration - context_.aws_now();
    keep(std::move(*result), least_life(meant > seconds(0) ? meant : std::max(life, 4 * kShortest)));
  } else {
    if (ended->withdraws()) keys_.reset();
    note_failure(std::move(result.error()), ended->quiet_for());
  }
  answer_waiters();
  answering_ = false;
}

void FreshKeys::keep(IssuedCredentials keys, seconds least) {
  const seconds life = keys.expiration - context_.aws_now();
  if (life < least) {
    const std::string end = " at " + std::string(rfc3339(keys.expiration).text());
    return note_failure({ipc::Fault::kProtocol,
                         life.count() > 0 ? "the keys that came end in " + std::to_string(life.count()) + " s," + end
                                          : "the keys that came have ended already," + end,
                         "check this machine's clock, and whether their source gives out keys that are about to end"});
  }
  failures_ = 0;
  quiet_until_ = {};
  keys_ = std::make_shared<const IssuedCredentials>(std::move(keys));
  least_life_ = least;
  // A timer for the year 9999 would be none; keys that end so far off are looked at again in a month.
  const seconds counted = std::min<seconds>(life, kLookAgain);
  ends_ = now() + std::min(life, kFarOff);
  const milliseconds delay = renewal_delay(counted, context_.jitter());
  renew_at_ = now() + delay;
  renew_in(delay);
  if (events_.issued) events_.issued(*keys_);
}

void FreshKeys::note_failure(ipc::Error error, seconds quiet) {
  const milliseconds pause = std::max<milliseconds>(quiet, failure_pause(++failures_, error.fault, context_.jitter()));
  quiet_until_ = now() + pause;
  last_error_ = std::move(error);
  const bool still_good = current() != nullptr;
  if (!still_good) keys_.reset();
  // Without keys nothing runs by itself: the next client that asks starts the next run.
  if (still_good) renew_in(pause);
  if (events_.failed) events_.failed(last_error_, still_good ? life_left() : seconds(0));
}

void FreshKeys::answer_waiters() {
  for (const OnCredentials& waiter : std::exchange(waiters_, {})) {
    const IssuedCredentials* keys = current();
    waiter(keys ? ipc::Result<const IssuedCredentials*>(keys) : std::unexpected(last_error_));
  }
}

void FreshKeys::renew_in(milliseconds delay) {
  renewal_ = context_.timers.after(delay, [this] {
    if (!run_) start();
  });
}

std::chrono::sys_seconds FreshKeys::end_by_this_clock() const {
  const std::chrono::sys_seconds moved = keys_->expiration - context_.clock_offset;
  const std::chrono::sys_seconds counted =
      std::chrono::floor<seconds>(context_.clock.wall()) + std::chrono::floor<seconds>(ends_ - now());
  return counted + kClockWasSet < moved ? counted : moved;
}

seconds FreshKeys::life_left() const {
  const seconds by_boot_clock = std::chrono::floor<seconds>(ends_ - now());
  const seconds by_wall_clock = keys_->expiration - context_.aws_now();
  return std::min(by_boot_clock, by_wall_clock);
}

seconds least_life(seconds granted) { return std::min(FreshKeys::kLeastLife, granted / 4); }

milliseconds renewal_delay(seconds life, double jitter) {
  const double part = 2.0 / 3 + (std::clamp(jitter, 0.0, 1.0) - 0.5) / 10;
  return milliseconds(std::llround(static_cast<double>(milliseconds(life).count()) * part));
}

milliseconds failure_pause(int failures, ipc::Fault fault, double jitter) {
  const seconds first = fault == ipc::Fault::kUnavailable ? seconds(1) : seconds(5);
  const milliseconds whole = std::min<milliseconds>(seconds(60), first * (1 << std::clamp(failures - 1, 0, 6)));
  return whole - milliseconds(static_cast<milliseconds::rep>(static_cast<double>(whole.count()) *
                                                             std::clamp(jitter, 0.0, 1.0) / 2));
}

}  // namespace broker
