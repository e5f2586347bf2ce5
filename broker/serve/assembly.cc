// How a Service is put together: each part is handed what it needs of the others, in the order in which they need it.
#include "caller/token.h"
#include "issuing/kept_keys.h"
#include "policy/source/file.h"
#include "policy/source/once.h"
#include "policy/source/parameter.h"
#include "remote/judge.h"
#include "serve/service.h"

namespace broker {
namespace {

constexpr char kPolicyOfUser[] =
    "; sign it and give --policy-key, let it and its folders belong to root, or keep it in Parameter Store "
    "(--policy-parameter)";

}  // namespace

ipc::Result<std::unique_ptr<Service>> Service::open(event_base* base, ipc::Channel control, Task task, KeysRead read,
                                                    CallerCheck callers, AuditLog audit, HostFacts host) {
  std::unique_ptr<Service> service(new Service(base, std::move(control), std::move(task), read, std::move(callers),
                                               std::move(audit), std::move(host)));
  const auto fail_with = [&](const ipc::Error& error) {
    say_failed(service->control_, error);
    return std::unexpected(error);
  };
  ipc::Result<Proxy> proxy = read_proxy(service->task_.settings);
  if (!proxy) return fail_with(proxy.error());
  auto http = AwsHttp::open(base, std::move(read.ca_pem), std::move(*proxy));
  if (!http) return fail_with(http.error());
  service->http_ = std::move(*http);
  service->aws_ = std::unique_ptr<AwsContext>(new AwsContext{*service->http_, service->timers_, service->clock_});
  service->aws_->clock_learned = [it = service.get()] { it->say_clock(); };
  service->aws_->slow = [it = service.get()](const std::string& whom) { it->say_slow(whom); };
  if (ipc::Status opened = service->open_keys(); !opened) return fail_with(opened.error());
  for (ipc::SecretBuffer* const secret : {&service->run_.token, &service->run_.answer_key}) {
    ipc::Result<ipc::SecretBuffer> token = make_token();
    if (!token) return fail_with(token.error());
    *secret = std::move(*token);
  }
  service->sessions_ = std::make_unique<SessionTracker>(
      *service->aws_, service->profile_, [notices = &service->notices_](const std::string& sentence) {
        notices->warning(sentence + "; this run gets no more credentials");
      });
  service->note_endpoints();
  if (ipc::Status opened = service->open_judge(std::move(read.policy_key)); !opened)
    return fail_with(ipc::with_next_step(opened.error(), kMendPolicy));
  service->join();
  return service;
}

void Service::note_endpoints() {
  const auto note = [this](bool asked, std::string_view service, const AwsEndpoint& endpoint) {
    if (asked) add_endpoint(run_.endpoints, service, endpoint);
  };
  note(!task_.begin.policy_parameter.empty(), "ssm", profile_.ssm);
  note(!task_.begin.policy_kms_key.empty(), "kms", profile_.kms);
  const bool says_it = task_.begin.mode != ipc::RunMode::CredentialProcess;
  if (!run_.endpoints.empty() && says_it) {
    notices_.warning("what judges this run is asked where variables say: " + run_.endpoints +
                     "; who answers there decides");
  }
  // Whose key it is decides which rules match, and stands in each line. An emulator's users name STS in such a file.
  const AwsEndpoint& sts = profile_.sts;
  if (!named_by_file(sts) || !task_.begin.remote_url.empty()) return;
  add_endpoint(run_.endpoints, "sts", sts);
  if (!says_it) return;
  notices_.warning("whose key this is, STS is asked at " + sts.url + ", which " + sts.named_by +
                   " names: who may write that file can answer with another user's name");
}

ipc::RunStatus Service::about() const {
  ipc::RunStatus status;
  status.profile = run_.profile;
  if (!profile_.chain.empty()) status.role = profile_.chain.back().role_arn;
  status.policy = run_.policy_name;
  for (const std::string& label : audit_.labels()) status.log += (status.log.empty() ? "" : ", ") + label;
  return status;
}

void Service::join() {
  RunDecisions::Parts parts{run_, *aws_, *judge_, *sessions_, notices_};
  if (role_keys_) {
    parts.keep = [this](const IssueTerms& terms, const Verdict& verdict, StartFetch fetch) {
      auto name = name_of_kept_keys(profile_, run_, terms, verdict);
      if (!name) return fetch;
      return kept_or_fetched({*aws_, profile_, run_, *role_keys_, [this] { run_.took_kept_keys = true; }},
                             std::move(*name), terms.lifetime.granted, std::move(fetch));
    };
  }
  decisions_ = std::make_unique<RunDecisions>(std::move(parts));
  record_ = std::make_unique<DecisionRecord>(
      DecisionRecord::Parts{run_, *judge_, *sessions_, audit_, notices_, clock_, timers_, callers_.uid()});
  requests_ = std::make_unique<Requests>(Requests::Parts{*decisions_, *judge_, *record_, audit_, callers_, *sessions_,
                                                         timers_, run_.answer_key, run_.tell_reasons, about()});
  startup_ = std::make_unique<Startup>(Startup::Parts{*aws_, profile_, run_, *judge_, *decisions_, *record_, *sessions_,
                                                      notices_, task_.begin.session_table.str(),
                                                      task_.begin.lazy && task_.begin.mode == ipc::RunMode::Server});
}

ipc::Status Service::open_judge(PolicyKey key) {
  if (!task_.begin.remote_url.empty()) return open_remote();
  if (ipc::Status opened = open_policy(std::move(key)); !opened) return opened;
  judge_ = std::make_unique<PolicyJudge>(
      PolicyJudge::Parts{run_, *aws_, profile_, *policy_, posture_, *sessions_, errands_.get()});
  return {};
}

ipc::Status Service::open_remote() {
  auto judge = RemoteJudge::open({*aws_, *errands_, profile_, task_.begin.remote_url.str(),
                                  task_.begin.remote_token_file.str(), std::move(device_id_), task_.begin.os_user.str(),
                                  [this](const std::string& sentence) { notices_.warning(sentence); }});
  if (!judge) return std::unexpected(judge.error());
  judge_ = std::move(*judge);
  return {};
}

ipc::Status Service::open_policy(PolicyKey key) {
  verifier_ = std::make_unique<PolicyVerifier>(*aws_, require_kms(profile_), std::move(key),
                                               PolicyVersions(std::move(task_.policy_versions)));
  if (task_.policy_name().empty()) {
    policy_ = std::make_unique<NoPolicy>();
    return {};
  }
  if (task_.policy_text) return open_policy_text();
  if (!task_.begin.policy_file.empty()) return open_policy_file();
  open_policy_parameter();
  return {};
}

ipc::Status Service::open_keys() {
  errands_ = std::make_unique<Errands>(
      base_, timers_, [this](const ipc::Errand& errand) { return control_.send(errand); },
      [this](const ipc::Waiting& waiting) { return control_.send(waiting); });
  KeyEvents events;
  events.failed = [this](const ipc::Error& error, std::chrono::seconds left) {
    if (left.count() == 0) return;  // the next request hears it
    notices_.refusal("base-renewal", "renewing the keys of profile " + profile_.base_profile + " failed: " + error.what,
                     clock_.since_boot());
  };
  if (!task_.begin.remote_token_file.empty()) return {};  // nothing is signed
  const SessionStore* const sessions = session_store_ ? &*session_store_ : nullptr;
  SourceParts parts{*aws_, *errands_, profile_, run_.principal, caller_keys_};
  parts.sessions = sessions;
  parts.may_share_mfa = may_share_mfa_;
  parts.openers = openers_ ? &*openers_ : nullptr;
  parts.remember = task_.remember;
  parts.events = std::move(events);
  parts.auto_login = task_.begin.auto_login;
  parts.browser_login = task_.begin.browser_login;
  parts.warn = [this](const std::string& sentence) { notices_.warning(sentence); };
  parts.inform = [this](const std::string& sentence) { notices_.info(sentence); };
  parts.took_shared_session = [this](std::chrono::sys_seconds made) { run_.shared_mfa_since = made; };
  auto keys = open_base_keys(profile_.base, std::move(parts));
  if (!keys) return std::unexpected(keys.error());
  base_keys_ = std::move(*keys);
  aws_->keys = base_keys_.get();
  return {};
}

ipc::Status Service::open_policy_text() {
  auto policy = PolicyOnce::open(task_.policy_text.get(), run_.policy_name, *verifier_);
  if (!policy) return std::unexpected(policy.error());
  task_.policy_text.reset();
  policy_ = std::move(*policy);
  if (task_.begin.mode == ipc::RunMode::Server) {
    notices_.info("the policy " + run_.policy_name +
                  " was read once, from a pipe: this run keeps it, and a change of it needs a new run");
  }
  return {};
}

ipc::Status Service::open_policy_file() {
  // What answers once looks at the file when it does; only a server has anybody to tell in between.
  event_base* const while_serving = task_.begin.mode == ipc::RunMode::Server ? base_ : nullptr;
  auto file = PolicyFile::open(
      while_serving, task_.begin.policy_file.str(), *verifier_,
      [this](const ipc::Result<const Policy*>& policy) { on_policy_changed(policy); },
      [this](const std::string& sentence) { notices_.warning(sentence); });
  if (!file) return std::unexpected(file.error());
  // Once for a run; what an SDK starts for each fetch would say it each time.
  const bool per_run = task_.begin.mode == ipc::RunMode::Server || task_.begin.mode == ipc::RunMode::Cli;
  if (per_run && (*file)->user_can_change() && !verifier_->enforces()) {
    notices_.info("the command can change this policy: " + task_.begin.policy_file.str() +
                  " can be written or replaced by the user who runs it" + kPolicyOfUser);
  }
  policy_ = std::move(*file);
  return {};
}

void Service::open_policy_parameter() {
  policy_ = std::make_unique<PolicyParameter>(
      base_, PolicyParameter::Parts{*aws_, require_ssm(profile_), *verifier_}, task_.begin.policy_parameter.str(),
      PolicyFreshness{task_.begin.policy_poll.get(), task_.begin.policy_max_age.get()},
      [this](const ipc::Result<const Policy*>& policy) { on_policy_changed(policy); },
      [this](const ipc::Error* why) { on_policy_stale(why); });
}

}  // namespace broker
