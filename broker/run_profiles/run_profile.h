// One profile of a run: the key that it begins with, what judges it, its keys by their terms, its session, its lines in
// the log. Nothing of this is another profile's but the first key, which profiles that begin with the same share.
//
// The first profile is prepared at the run's start, and the run ends where that fails. Any other is prepared when a
// client first asks for it: whose its key is, and its record in a session table. Where that fails, this client hears
// why, and the next one tries again.
// Blocks: as policy and log do.   Owns: all of it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "issuing/kept_keys.h"
#include "run_profiles/decision_record.h"
#include "run_profiles/first_key.h"
#include "run_profiles/run_decisions.h"
#include "run_profiles/startup.h"

namespace broker {

// What the profiles of a run share, beside the policy and the first keys. All outlive them.
struct RunShared {
  AuditLog& audit;
  Notices& notices;
  const Clock& clock;
  Timers& timers;
  RefusalFlood& flood;
  long own_uid;
  std::string session_table;      // --session-table or its variable
  const SessionStore* role_keys;  // of credentials for later runs (--cache); null: none are kept
  bool alone;                     // there is one profile, which sentences need not name
};

class RunProfile {
 public:
  using Done = std::function<void(ipc::Status)>;

  RunProfile(std::shared_ptr<ResolvedProfile> resolved, Run run, FirstKey& key, const RunShared& shared);
  RunProfile(const RunProfile&) = delete;
  RunProfile& operator=(const RunProfile&) = delete;

  // Once, before anything below but the facts.
  void judged_by(std::unique_ptr<Judge> judge);
  // Makes it ready(). `done` comes once, at once where nothing is to be asked; all who ask meanwhile are told together.
  void prepare(StartFor purpose, Done done);
  [[nodiscard]] bool ready() const { return ready_; }
  [[nodiscard]] bool preparing() const { return !waiting_.empty(); }
  // A refusal of the run itself, recorded and said.
  ipc::Status refused(const Refusal& refusal, const Decision& decision);
  // Its first key is not there yet, and may have to be asked for: a code, a passphrase, a sign-in.
  [[nodiscard]] bool may_ask_user() const;
  // Who has not answered, while a client waits.
  [[nodiscard]] std::string waited_for() const;

  [[nodiscard]] const std::string& name() const { return run_.profile; }
  [[nodiscard]] const ResolvedProfile& resolved() const { return *resolved_; }
  Run& run() { return run_; }
  [[nodiscard]] const Run& run() const { return run_; }
  FirstKey& key() { return key_; }
  SessionTracker& sessions() { return sessions_; }
  Judge& judge() { return *judge_; }
  RunDecisions& decisions() { return *decisions_; }
  DecisionRecord& record() { return *record_; }

 private:
  [[nodiscard]] StartFetch kept(const IssueTerms& terms, const Verdict& verdict, StartFetch fetch);
  void make_startup(StartFor purpose);
  void on_prepared(const ipc::Status& prepared);

  std::shared_ptr<ResolvedProfile> resolved_;
  Run run_;
  FirstKey& key_;
  const RunShared& shared_;
  SessionTracker sessions_;
  std::unique_ptr<Judge> judge_;
  std::unique_ptr<RunDecisions> decisions_;
  std::unique_ptr<DecisionRecord> record_;
  std::unique_ptr<Startup> startup_;
  std::vector<Done> waiting_;
  bool ready_ = false;
};

}  // namespace broker
