// Serves one request after another, from the frontend's packet to the answer on the client's own connection:
// received → caller known → judged → credentials there → recorded → answered.
//
// Blocks: never (but the caller check's bounded spin, and fdatasync with --log-sync).
// Owns: the requests under way, each with its client's descriptor.
// A request that cannot be answered within kHold of its arrival is told 503 while the fetch goes on: SDKs give a
// container endpoint as little as one second (PHP's and JavaScript's). sentinel-credential-process is held for
// kHoldOfHelper, and asks again: SDKs give it a minute. 503, too, for a caller who was looked for too late or met a
// change (may_pass_later): Java's and Go's SDK ask again after a 503, and not after a 403.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "audit/log.h"
#include "caller/caller_check.h"
#include "caller/client_socket.h"
#include "caller/token.h"
#include "decide/authorize.h"
#include "host/timers.h"
#include "ipc/messages.h"
#include "run_profiles/table.h"
#include "serve/client_answer.h"

namespace broker {

class Requests {
 public:
  static constexpr std::chrono::milliseconds kHold{900};
  static constexpr std::chrono::milliseconds kHoldOfHelper{4000};  // less than it and the frontend wait for an answer
  static constexpr std::size_t kMaxUnderWay = 576;                 // more than the frontend has slots
  // Of what a client presents: one character more than a token has is enough to be wrong.
  static constexpr std::size_t kMostPresented = kTokenLength + 1;

  // All outlive it.
  struct Parts {
    const RunProfiles& profiles;
    AuditLog& audit;
    CallerCheck& callers;
    Timers& timers;
    const ipc::SecretBuffer& answer_key;
    bool tell_reasons = true;  // to clients that passed every check (--quiet-reasons)
  };
  using Answered = std::function<void(std::uint32_t request, bool closed)>;

  explicit Requests(Parts parts) : parts_(parts) {}

  // Takes over a client. `answered` is called once, with the request's number. Calls nothing after forget(). Callers
  // that only the witness knows wait for end_of_batch(), so that it is asked about all of them before anybody waits for
  // it.
  void serve(const ipc::ServeClient& request, ipc::UniqueFd client, const Listeners& listeners,
             const Answered& answered);
  // No more clients for now.
  void end_of_batch() { settle_callers(CallerCheck::kSpin); }
  // The witness has said something, or has ended.
  void on_witness();
  // Whether a client has had to wait for AWS, and none was given credentials since.
  [[nodiscard]] bool held_up() const { return held_up_; }
  // The frontend is gone, and with it its connections: nothing is answered any more.
  void forget();

 private:
  struct Request {
    std::uint64_t serial;  // never used again, unlike `number`, which is the frontend's
    std::uint32_t number;
    bool keep_alive;
    std::string nonce;
    RunProfile* profile;  // null: `asked` is not in this run
    std::string asked;
    ipc::SecretBuffer presented;
    ClientSocket client;
    Answered answered;
    CallerInquiry inquiry{};
    std::unique_ptr<Timer> patience{};
    std::optional<RecordedPermit> recorded{};  // waits for the group commit
    bool waits_for_profile = false;
    bool held = false;    // as long as it may be
    bool status = false;  // how the run stands is asked for, and nothing else
  };
  using Iterator = std::list<Request>::iterator;

  Iterator find(std::uint64_t serial);
  void decide(Iterator it);
  bool passes_profile(Iterator it);
  void wait_for_profile(Iterator it);
  void on_profile(RunProfile& profile, const ipc::Status& prepared);
  bool passes_session(Iterator it, const Decision& decision);
  void wait_for_session(Iterator it);
  void limit_the_wait(Iterator it);
  void wait_for_keys(Iterator it, FreshKeys& issuer);
  void record_and_answer(Iterator it, Decision decision, const IssuedCredentials& keys);
  void answer(Iterator it);
  void answer_status(Iterator it, const Decision& decision);
  void commit();
  // Of what is not known to be in this run, the first answers.
  [[nodiscard]] RunProfile& profile_of(Iterator it) const {
    return it->profile ? *it->profile : parts_.profiles.first();
  }
  [[nodiscard]] bool may_hear(Iterator it);
  void refuse(Iterator it, const Refusal& refusal, const Decision& decision, Check found = Check::kPassed);
  void fail(Iterator it, const ipc::Error& error);
  [[nodiscard]] static RefusalForm form_of(Check found);
  [[nodiscard]] static RefusalForm form_of_failure(Iterator it, const ipc::Error& error);
  void finish(Iterator it, bool closed);
  void settle_callers(std::chrono::microseconds budget = {});
  void watch_callers();

  Parts parts_;
  ClientAnswer client_answer_;
  std::list<Request> under_way_;
  std::unique_ptr<Timer> commit_timer_, caller_timer_;
  std::uint64_t last_serial_ = 0;
  bool held_up_ = false;
};

}  // namespace broker
