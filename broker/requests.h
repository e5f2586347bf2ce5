// One request after another, from the frontend's packet to the answer on the client's own connection:
// received → caller known → judged → credentials there → recorded → answered.
//
// Runs in: broker, main thread.   Blocks: never (but the caller check's bounded spin, and fdatasync with --log-sync).
// Owns: the requests under way, each with its client's descriptor.
// A request that cannot be answered within kHold is told 503 while the fetch goes on: SDKs give a container endpoint
// as little as one second (FIELD 2.6).
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>

#include "audit.h"
#include "authorize.h"
#include "caller.h"
#include "client_answer.h"
#include "client_socket.h"
#include "issuer.h"
#include "notices.h"
#include "policy_source.h"
#include "posture.h"
#include "refusal_flood.h"
#include "timers.h"

namespace broker {

// What one run serves; filled during start-up, constant afterwards.
struct Run {
  std::string profile, user, policy_name;
  std::chrono::seconds duration{0};
  Mode mode = Mode::kServer;
  std::optional<std::vector<std::string>> groups{};  // Unix groups of the user who runs us; none: unknown
  ipc::SecretBuffer token;
};

class Requests {
 public:
  static constexpr std::chrono::milliseconds kHold{900};
  static constexpr std::size_t kMaxUnderWay = 576;  // more than the frontend has slots

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
  };
  using Answered = std::function<void(std::uint32_t request, bool closed)>;

  explicit Requests(Parts parts) : parts_(parts) {}

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

  // The policy's answer for this run now, as requests get it.
  [[nodiscard]] ipc::Result<Verdict> ask_policy() const;
  // The keys for a lifetime; made on first use, kept. Null when there are too many different lifetimes.
  Issuer* issuer_for(std::chrono::seconds lifetime);
  // Records a refusal that was decided before any client asked (start-up).
  ipc::Status record_refusal(const Refusal& refusal, const ipc::Result<Verdict>& verdict);

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
    std::chrono::seconds lifetime{0};
  };
  using Iterator = std::list<Request>::iterator;

  Iterator find(std::uint64_t serial);
  [[nodiscard]] Check identify(const Request& request) const;
  void judge(Iterator it);
  void with_permit(Iterator it, Permit permit, const Verdict& verdict);
  void wait_for_keys(Iterator it, Issuer& issuer);
  void record_and_answer(Iterator it, Permit permit, const Verdict& verdict, const IssuedCredentials& keys);
  void answer(Iterator it);
  void commit();
  void refuse(Iterator it, const Refusal& refusal, const ipc::Result<Verdict>& verdict);
  void fail(Iterator it, const ipc::Error& error);
  void finish(Iterator it, bool closed);
  void settle_callers(std::chrono::microseconds budget = {});
  void watch_callers();
  // Lines that show `facts` and `verdict`; not of a temporary, which would be gone when the line is written.
  [[nodiscard]] DecisionLine line_for(const CallerFacts& facts, const ipc::Result<Verdict>& verdict) const;
  [[nodiscard]] DecisionLine line_for(const CallerFacts& facts, const Verdict& verdict) const;
  DecisionLine line_for(const CallerFacts& facts, ipc::Result<Verdict>&& verdict) const = delete;
  DecisionLine line_for(CallerFacts&& facts, const ipc::Result<Verdict>& verdict) const = delete;
  [[nodiscard]] DecisionLine line_of(const CallerFacts& facts) const;  // "deny", for no reason yet
  void record(const DecisionLine& line);
  void record_stranger(const CallerFacts& facts, Check check, DecisionLine& line);
  [[nodiscard]] std::string who(const CallerFacts& facts) const;

  static constexpr std::size_t kMaxLifetimes = 16;  // as many different caps as one run's policies may name

  Parts parts_;
  ClientAnswer client_answer_;
  RefusalFlood flood_;
  std::list<Request> under_way_;
  std::map<std::chrono::seconds, std::unique_ptr<Issuer>> issuers_;
  std::unique_ptr<Timer> commit_timer_, caller_timer_;
  std::uint64_t last_serial_ = 0;
};

}  // namespace broker
