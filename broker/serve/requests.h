// One request after another, from the frontend's packet to the answer on the client's own connection:
// received → caller known → judged → credentials there → recorded → answered.
//
// Runs in: broker, main thread.   Blocks: never (but the caller check's bounded spin, and fdatasync with --log-sync).
// Owns: the requests under way, each with its client's descriptor.
// A request that cannot be answered within kHold is told 503 while the fetch goes on: SDKs give a container endpoint
// as little as one second (PHP's and JavaScript's).
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
#include "caller/refusal_flood.h"
#include "caller/token.h"
#include "decide/authorize.h"
#include "decide/run.h"
#include "device/posture.h"
#include "host/timers.h"
#include "issuing/keys_by_terms.h"
#include "keys/errands.h"
#include "policy/source/source.h"
#include "remote/judge.h"
#include "serve/client_answer.h"
#include "serve/notices.h"
#include "tracking/tracker.h"

namespace broker {

class Requests {
 public:
  static constexpr std::chrono::milliseconds kHold{900};
  static constexpr std::size_t kMaxUnderWay = 576;  // more than the frontend has slots
  // Of what a client presents: one character more than a token has is enough to be wrong.
  static constexpr std::size_t kMostPresented = kTokenLength + 1;

  struct Parts {
    const Run& run;
    AwsContext& aws;
    const ResolvedProfile& profile;
    PolicySource& policy;
    const PostureSource& posture;
    CallerCheck& callers;
    AuditLog& audit;
    Notices& notices;
    Timers& timers;
    SessionTracker& sessions;
    OverrideSource overrides{};     // approvals and break-glass events; empty: this build keeps none
    ErrandDoer* errands = nullptr;  // for issuing that needs the user's own process
    RemoteJudge* remote = nullptr;  // judges and issues in the policy's place
  };
  using Answered = std::function<void(std::uint32_t request, bool closed)>;

  explicit Requests(Parts parts);

  // Takes over a client. `answered` is called once, with the request's number. Calls nothing after forget(). Callers
  // that only the witness knows wait for end_of_batch(), so that it is asked about all of them before anybody waits for
  // it.
  void serve(std::uint32_t request, bool keep_alive, std::string_view authorization, ipc::UniqueFd client,
             const Listeners& listeners, const Answered& answered);
  // No more clients for now.
  void end_of_batch() { settle_callers(CallerCheck::kSpin); }
  // The witness has said something, or has ended.
  void on_witness();
  // The frontend is gone, and with it its connections: nothing is answered any more.
  void forget();

  // What may be issued to the run itself now: at the start, and in the modes where the supervisor takes the answer.
  [[nodiscard]] Decision judge_run();
  // Whether a policy can be used for this run's profile at all: one that narrows a profile without a role cannot.
  const ipc::Status& fits_profile(const Policy& policy);
  // The keys of these terms, under the policy that permits them; made on first use. Null when too many are at work.
  Issuer* issuer_for(const IssueTerms& terms, const Verdict& verdict);
  // Records a refusal that was decided before any client asked (start-up).
  ipc::Status record_refusal(const Refusal& refusal, const Decision& decision);
  // Whether somebody else judges: then nobody here is asked who the user is.
  [[nodiscard]] bool judged_remotely() const { return parts_.remote != nullptr; }
  // Why no keys came, where that was the remote server's refusal: recorded as one.
  ipc::Status record_if_refused(const ipc::Error& error);

  // A line that shows its arguments, which must outlive it; a refusal until its outcome says otherwise.
  [[nodiscard]] DecisionLine line_for(const CallerFacts& caller, const Decision& decision) const;
  DecisionLine line_for(const CallerFacts& caller, Decision&& decision) const = delete;

 private:
  struct Request {
    std::uint64_t serial;  // never used again, unlike `number`, which is the frontend's
    std::uint32_t number;
    bool keep_alive;
    ipc::SecretBuffer presented;
    ClientSocket client;
    Answered answered;
    CallerInquiry inquiry{};
    std::unique_ptr<Timer> patience{};
    std::optional<RecordedPermit> recorded{};  // waits for the group commit
  };
  using Iterator = std::list<Request>::iterator;

  Iterator find(std::uint64_t serial);
  [[nodiscard]] std::chrono::sys_seconds now() const {
    return std::chrono::floor<std::chrono::seconds>(parts_.aws.clock.wall());
  }
  [[nodiscard]] ipc::Result<Verdict> ask_policy(std::optional<Via> transport);
  Question question(std::optional<Via> transport);
  void judge(Iterator it);
  bool passes_session(Iterator it, const Decision& decision);
  void wait_for_session(Iterator it);
  void be_patient(Iterator it);
  void wait_for_keys(Iterator it, Issuer& issuer);
  void record_and_answer(Iterator it, Decision decision, const IssuedCredentials& keys);
  void answer(Iterator it);
  void commit();
  void refuse(Iterator it, const Refusal& refusal, const Decision& decision);
  [[nodiscard]] bool is_remote_refusal(const ipc::Error& error) const;
  void fail(Iterator it, const ipc::Error& error);
  void finish(Iterator it, bool closed);
  void settle_callers(std::chrono::microseconds budget = {});
  void watch_callers();
  void record(const DecisionLine& line);
  void record_stranger(const CallerFacts& caller, Check check, const Refusal& refusal);
  void note_failed_renewal(const ipc::Error& error, std::chrono::seconds left);

  Parts parts_;
  ClientAnswer client_answer_;
  RefusalFlood flood_;
  std::list<Request> under_way_;
  IssuerStore issuers_;
  std::optional<ipc::Status> fits_;  // whether the policy with this hash fits the profile
  std::string fits_for_;
  std::unique_ptr<Timer> commit_timer_, caller_timer_;
  std::uint64_t last_serial_ = 0;
};

}  // namespace broker
