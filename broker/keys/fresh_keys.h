// One set of keys, fetched once for all who ask and renewed before it ends; keys that are about to end are never handed
// out. It does not know where they come from (keys/fetch.h) and does not decide who may have them (decide/authorize.h).
//
// Blocks: never.   Owns: the issued keys, the run under way, one timer while keys live.
// Time: lives are counted on the boot-time clock from the moment of issue and on AWS's wall clock; the shorter counts,
// so neither a clock set back nor a suspended machine makes keys live longer.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "aws/credentials.h"
#include "call/aws_call.h"
#include "keys/fetch.h"

namespace broker {

// For the decision log and the terminal; both may be empty.
struct KeyEvents {
  std::function<void(const IssuedCredentials&)> issued;
  // `left`: how long the present keys go on being served; 0: there are none.
  std::function<void(const ipc::Error&, std::chrono::seconds left)> failed;
};

class FreshKeys {
 public:
  // Less than this left, and keys are not handed out: the client could not use them in time. Keys that live shorter
  // than four times this are handed out until a quarter of their life is left, so that renewal finds them still good.
  static constexpr std::chrono::seconds kLeastLife{60};

  // The pointer is good until the callback returns.
  using OnCredentials = std::function<void(ipc::Result<const IssuedCredentials*>)>;

  // `context` outlives this, and so does what `fetch` refers to. Other terms mean another FreshKeys.
  FreshKeys(AwsContext& context, StartFetch fetch, KeyEvents events = {});

  // Good keys: calls back at once. Else calls back when the run under way ends, starting one if there is none.
  // Shortly after a failure: calls back at once with that failure, so that a flood of clients asks STS nothing.
  void get(OnCredentials done);

  // Keys that may be handed out now, or null. Starts nothing. Good until control returns to the event loop.
  [[nodiscard]] const IssuedCredentials* current() const;

  // When the present keys end, for a program that looks at this machine's clock: AWS's end, moved by as much as that
  // clock is off. Where it was set in between, what the boot-time clock has left of their life counts, if that is less.
  [[nodiscard]] std::chrono::sys_seconds end_by_this_clock() const;

  // The present keys, for as long as the holder likes, with no second copy of their secrets; null: none.
  [[nodiscard]] std::shared_ptr<const IssuedCredentials> share() const { return keys_; }

  // The present keys are good for nothing, whatever they say of their end: the next get() has new ones fetched.
  void drop();

  // Nothing is under way, and no caller waits: it may be destroyed.
  [[nodiscard]] bool idle() const { return !run_ && waiters_.empty() && !answering_; }

 private:
  void start();
  void on_done(ipc::Result<IssuedCredentials> result);
  void keep(IssuedCredentials keys, std::chrono::seconds least);
  void note_failure(ipc::Error error, std::chrono::seconds quiet = std::chrono::seconds(0));
  void answer_waiters();
  void renew_in(std::chrono::milliseconds delay);
  [[nodiscard]] std::chrono::seconds life_left() const;
  [[nodiscard]] Clock::SinceBoot now() const { return context_.clock.since_boot(); }

  AwsContext& context_;
  StartFetch fetch_;
  KeyEvents events_;
  std::shared_ptr<const IssuedCredentials> keys_;
  Clock::SinceBoot ends_{};         // of keys_
  Clock::SinceBoot renew_at_{};     // of keys_
  Clock::SinceBoot quiet_until_{};  // after a failure, no new run before this
  int failures_ = 0;                // in a row
  ipc::Error last_error_{};
  std::chrono::seconds least_life_{kLeastLife};  // of keys_
  std::vector<OnCredentials> waiters_;
  bool answering_ = false;  // waiters are being called back
  std::unique_ptr<KeyFetch> run_;
  std::unique_ptr<Timer> renewal_;
};

// How much of a life is too little to hand out.
std::chrono::seconds least_life(std::chrono::seconds granted);

// When to renew keys of this life: at two thirds of it, give or take a twentieth.
std::chrono::milliseconds renewal_delay(std::chrono::seconds life, double jitter);

// How long to leave STS alone after the n-th failure in a row: doubling from 1 s, from 5 s after a refusal, at most 60
// s, less up to a half.
std::chrono::milliseconds failure_pause(int failures, ipc::Fault fault, double jitter);

}  // namespace broker
