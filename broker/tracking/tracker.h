// Keeps this run in a session table: makes its record before the command runs, and ends what the run may have when the
// record is marked as anything but active, or removed. One UpdateItem, conditional on status = active, tells of the
// run's use and is the question at the same time; a revocation is one write to the same item, so it always wins.
//
// Blocks: never.   Owns: the record as this run knows it, one call at a time.
// Units: the boot-time clock, which goes on while the machine sleeps; an answer's age counts from its question's start.
// Fails: closed. Revoked, expired and missing are final for this run, whatever the table says later. A table that does
// not answer is forgiven for kForgiven after its last yes; one that refuses the question is not.
// The record's end: end() marks it as expired. A broker that is killed leaves it active, with expires_at soon in the
// past: readers take that for ended.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "profile/resolve.h"
#include "services/queries.h"
#include "tracking/record.h"

namespace broker {

class SessionTracker {
 public:
  // A yes counts this long: an SDK's burst of requests costs one call, and a revocation bites within this time.
  static constexpr std::chrono::seconds kConfirmedFor{5};
  // As long as this a table that cannot be reached takes nothing from a run that was active: one DynamoDB failover or
  // a change of network, not an afternoon without revocation.
  static constexpr std::chrono::seconds kForgiven{30};
  // A question that takes longer is a table that cannot be reached, while its last yes may be forgiven; well below
  // what a request waits (Requests::kHold).
  static constexpr std::chrono::milliseconds kLate{500};
  static constexpr std::chrono::seconds kLimit{3};  // of a question with all its tries: its yes is still fresh then
  static constexpr std::chrono::seconds kCreateLimit{8};  // of the record's creation, in the start's deadline
  static constexpr std::chrono::seconds kPause{1};        // after a failed question, before the next

  struct Confirmed {};
  struct MustAsk {};
  struct Refused {
    std::string sentence;
  };
  using Standing = std::variant<Confirmed, MustAsk, Refused>;
  using Answer = std::function<void(ipc::Status)>;
  using Lost = std::function<void(const std::string& sentence)>;

  // Both outlive the tracker. `lost` is called once, when the run has lost its session for good.
  SessionTracker(AwsContext& context, const ResolvedProfile& profile, Lost lost)
      : context_(context), profile_(profile), lost_told_(std::move(lost)) {}

  // Makes the record; the answer comes once, later. Once for each tracker that did not succeed before.
  void create(std::string table, SessionRecord record, Answer done);
  // A record was made, active or not since.
  [[nodiscard]] bool tracked() const { return tracked_; }
  // For good.
  [[nodiscard]] bool lost() const { return !lost_.empty(); }
  // The table in which this run is tracked; empty where it is not.
  [[nodiscard]] const std::string& table() const { return tracked_ ? table_ : kNone; }
  [[nodiscard]] const std::string& id() const { return tracked_ ? record_.id : kNone; }

  // Of a run that is tracked. May start a question without a waiter.
  [[nodiscard]] Standing standing();
  // Answers when standing() has an answer; kRefused: it is a no. The asker keeps a deadline of its own.
  void ask(Answer done);
  // A request is served: written with the next question.
  void count();
  // Keys were issued that end then. Written at once, so that the record is right while no request comes.
  void note_issue(std::chrono::sys_seconds expires, const std::string& source_identity);
  // The run is over: the record becomes expired if it is active. Calls back when that is answered, at once where there
  // is nothing to say. No other call after this one.
  void end(std::function<void()> done);

 private:
  using Age = Clock::SinceBoot;
  void touch_now();
  void arm(std::chrono::milliseconds delay, void (SessionTracker::*what)());
  void on_late();
  void on_limit();
  void on_created(const ipc::Result<bool>& written);
  void on_touched(const ipc::Result<bool>& written);
  void on_failure(const ipc::Error& error);
  void lose();
  void on_reason(const ipc::Result<std::optional<Item>>& found);
  void answer_waiters(const ipc::Status& status);
  [[nodiscard]] ipc::Error lost_error() const;
  [[nodiscard]] std::optional<Age> age() const;
  [[nodiscard]] bool forgiven() const;
  [[nodiscard]] Age now() const { return context_.clock.since_boot(); }
  [[nodiscard]] Clock::Wall wall() const { return context_.clock.wall() + context_.clock_offset; }
  [[nodiscard]] std::string name() const;

  inline static const std::string kNone;

  AwsContext& context_;
  const ResolvedProfile& profile_;
  Lost lost_told_;
  AwsEndpoint endpoint_;
  std::string table_;
  SessionRecord record_;
  bool tracked_ = false, issued_ = false;
  std::string lost_;                 // why the run has no session any more; empty while it has
  std::optional<Age> confirmed_at_;  // the start of the last question whose answer was yes
  bool unreachable_ = false;         // the last question had no answer, or has none yet for too long
  ipc::Error last_error_;            // of the last question, where it failed
  Age quiet_until_{};                // after a failure
  Age asked_at_{};                   // the question under way
  bool touch_again_ = false;         // there is news that the question under way does not carry
  std::unique_ptr<AwsCall> call_;    // under way
  std::unique_ptr<Timer> timer_;     // of call_
  std::vector<Answer> waiters_;
  Answer created_;
};

}  // namespace broker
