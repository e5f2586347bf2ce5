// One run: joins its parts and channels on the broker's event loop, once that is locked down. Decides nothing itself.
//
// Blocks: never.   Owns: the run's parts and channels.
// Ends: with the supervisor's channel. A peer that sends what the table forbids, a witness that has ended and a start
// that fails end the run with Failed, so that the user hears why.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "ipc/channel.h"
#include "ipc/process/pidfd.h"
#include "ipc/process/user_namespace.h"
#include "policy/source/in_force.h"
#include "run_profiles/chosen.h"
#include "run_profiles/table.h"
#include "serve/broker_parts.h"
#include "serve/one_shot.h"
#include "serve/policy_judge.h"
#include "serve/requests.h"
#include "serve/task.h"
#include "serve/watch.h"
#include "serve/whoami.h"
#include "sources/open.h"

namespace broker {

// What the host says of who runs us and of the device, found before the lock-down.
struct HostFacts {
  PostureReader posture;
  std::optional<std::vector<std::string>> groups;
  std::string device_id{};  // empty where no remote server is to be told
  ipc::Result<ipc::UserNamespace> user_namespace{ipc::UserNamespace{.initial = true}};
};

// What was read once the broker was locked down, and before it lost the right to open files.
struct KeysRead {
  ChosenProfiles chosen{};
  std::map<std::string, std::string> ca_pem{};  // from load_ca(), by the profiles' ca_bundle
  std::optional<LogKey> log_key{};
  PolicyKey policy_key{};
  CallerKeys caller_keys{};
  bool may_keep_keys = false;  // --cache; without `role_keys` likewise
  bool may_share_mfa = false;  // --share-mfa; without `sessions` this host keeps no key to seal them with
  std::optional<SessionStore> sessions{};
  std::optional<SessionStore> role_keys{};  // --cache; as `sessions`
  std::optional<SessionStore> openers{};    // --remember; likewise
};

class Service : private PolicyInForce::Hearer {
 public:
  // What comes of a run: 0, or 1 where it gave up and has said why.
  using Ended = std::function<void(int status)>;

  // `broker`, what it refers to, and the log outlive the service.
  static ipc::Result<std::unique_ptr<Service>> open(const BrokerParts& broker, ipc::Channel control, Task task,
                                                    KeysRead read, CallerCheck callers, AuditLog& audit,
                                                    HostFacts host);
  ~Service();
  // `ended` comes once, from the loop or at once, and may not destroy the service.
  void begin(Ended ended);

 private:
  Service(const BrokerParts& broker, ipc::Channel control, Task task, KeysRead& read, CallerCheck callers,
          AuditLog& audit, HostFacts host);
  Run run_of(const ResolvedProfile& profile) const;
  ipc::Status open_profiles(ChosenProfiles chosen);
  ipc::Status open_profile(ResolvedProfile resolved, bool by_pattern);
  ipc::Result<FirstKey*> open_key(const std::shared_ptr<ResolvedProfile>& profile);
  [[nodiscard]] SourceParts source_parts(FirstKey& key);
  ipc::Status open_judge(PolicyKey key);
  ipc::Result<std::unique_ptr<Judge>> open_remote();
  ipc::Status open_policy(PolicyKey key);
  void say_who_can_change_it();
  void note_endpoints();  // of what judges, where variables name them
  void note_sts(RunProfile& profile, std::set<std::string>& told);
  void tell_left_out(const std::vector<std::string>& left_out);
  void warn_at_start();
  void say_how_signed();
  void say_clock(std::chrono::seconds offset);
  void on_policy_changed(const ipc::Result<const Policy*>& policy) override;
  void on_policy_stale(const ipc::Error* why) override;
  void on_policy_warning(const std::string& sentence) override { notices_.warning(sentence); }
  std::unique_ptr<Watch> watch(int fd, void (Service::*on_readable)());
  void on_control();
  void on_frontend();
  void on_witness();
  void on_started(const ipc::Status& started);
  void say_standing();
  void say_slow(const std::string& whom);
  void ask_ahead();
  void serve();
  ipc::Status check_settings();
  void say_ready();
  ipc::Status tell_profiles();
  void answer_once();  // where nothing is served
  template <class Message>
  void answer_with(const ipc::Result<Message>& answer);
  void ask_who();
  ipc::Status take_control(ipc::Packet& packet);
  ipc::Status take_client(ipc::Packet& packet);
  ipc::Status attach(ipc::Packet& packet);
  ipc::Status take_next_log(ipc::Packet& packet);
  ipc::Status take_tampered(ipc::Packet& packet);
  void ask_for_next_log(const std::string& label);
  void detach_frontend();
  [[nodiscard]] bool frontend_has_ended() const;
  void answered(std::uint32_t request, bool closed);
  void send_notice(ipc::Severity severity, const std::string& text);
  void end_for_stranger(const ipc::Channel& channel, const ipc::Error& error);
  void end(const ipc::Error& error);
  void leave();
  void finish(int status);

  const BrokerParts broker_;
  Ended ended_;
  ipc::Channel control_, frontend_;
  ipc::Pidfd frontend_process_;
  std::unique_ptr<Watch> control_watch_, witness_watch_, frontend_watch_;
  Task task_;
  CallerCheck callers_;
  CallerKeys caller_keys_;
  bool may_share_mfa_, may_keep_keys_;
  std::optional<SessionStore> session_store_, role_keys_, openers_;
  Notices notices_;
  AuditLog& audit_;
  RefusalFlood flood_;
  Run facts_;  // of the run, before those of a profile
  ipc::SecretBuffer token_, answer_key_;
  Listeners listeners_;
  std::map<std::string, std::unique_ptr<AwsHttp>> http_;  // by ca_bundle
  std::unique_ptr<Errands> errands_;
  std::optional<RunShared> shared_;
  std::unique_ptr<PolicyInForce> policy_;  // null where a remote server judges
  std::string device_id_, namespace_costs_;
  PostureSource posture_;
  FirstKeys first_keys_;
  RunProfiles profiles_;
  std::deque<RunProfile*> ahead_;  // that were named, and may have something to ask of the user
  std::unique_ptr<Requests> requests_;
  std::unique_ptr<WhoamiAnswer> whoami_;
  std::unique_ptr<ConsoleAnswer> console_;
  std::unique_ptr<Timer> detach_later_, leave_anyway_, ready_later_;
  std::size_t told_profiles_ = 0, told_settings_ = 0;  // of the profile that is being told
  bool told_name_ = false;
  bool serving_ = false, said_clock_ = false, failed_ = false;
};

// Says on the supervisor's channel why the broker gives up.
void say_failed(ipc::Channel& control, const ipc::Error& error);

}  // namespace broker
