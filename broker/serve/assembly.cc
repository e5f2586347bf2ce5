// How a Service is put together: each part is handed what it needs of the others, in the order in which they need it.
#include "caller/token.h"
#include "policy/source/file.h"
#include "serve/service.h"

namespace broker {

ipc::Result<std::unique_ptr<Service>> Service::open(event_base* base, ipc::Channel control, Terms terms, KeysRead read,
                                                    CallerCheck callers, AuditLog audit, HostFacts host) {
  std::unique_ptr<Service> service(new Service(base, std::move(control), std::move(terms), std::move(read.profile),
                                               std::move(callers), std::move(audit), std::move(host)));
  const auto fail_with = [&](const ipc::Error& error) {
    say_failed(service->control_, error);
    return std::unexpected(error);
  };
  ipc::Result<Proxy> proxy = read_proxy(service->terms_.settings);
  if (!proxy) return fail_with(proxy.error());
  auto http = AwsHttp::open(base, std::move(read.ca_pem), std::move(*proxy));
  if (!http) return fail_with(http.error());
  service->http_ = std::move(*http);
  service->aws_ = std::unique_ptr<AwsContext>(new AwsContext{*service->http_, service->timers_, service->clock_});
  service->caller_keys_ = std::move(read.caller_keys);
  service->session_store_ = std::move(read.sessions);
  if (ipc::Status opened = service->open_keys(); !opened) return fail_with(opened.error());
  ipc::Result<ipc::SecretBuffer> token = make_token();
  if (!token) return fail_with(token.error());
  service->run_.token = std::move(*token);
  if (ipc::Status opened = service->open_policy(std::move(read.policy_key)); !opened)
    return fail_with(ipc::with_next_step(opened.error(), kMendPolicy));
  service->sessions_ = std::make_unique<SessionTracker>(
      *service->aws_, service->profile_, [notices = &service->notices_](const std::string& sentence) {
        notices->warning(sentence + "; this run gets no more credentials");
      });
  service->requests_ = std::make_unique<Requests>(Requests::Parts{service->run_,
                                                                  *service->aws_,
                                                                  service->profile_,
                                                                  *service->policy_,
                                                                  service->posture_,
                                                                  service->callers_,
                                                                  service->audit_,
                                                                  service->notices_,
                                                                  service->timers_,
                                                                  *service->sessions_,
                                                                  {},
                                                                  service->errands_.get(),
                                                                  service->remote_});
  service->startup_ = std::make_unique<Startup>(*service->aws_, service->profile_, service->run_, *service->requests_,
                                                service->notices_, *service->policy_, *service->sessions_,
                                                service->terms_.session_table,
                                                service->terms_.lazy && service->terms_.mode == ipc::RunMode::Server);
  return service;
}

ipc::Status Service::open_policy(PolicyKey key) {
  verifier_ = std::make_unique<PolicyVerifier>(
      clock_, std::move(key), PolicyVersions(std::move(terms_.policy_versions)),
      [this](const std::string& message, const std::string& signature, std::function<void(ipc::Status)> answer) {
        ask_kms(message, signature, std::move(answer));
      });
  if (!terms_.remote_url.empty()) return open_remote();
  if (terms_.policy_name().empty()) {
    policy_ = std::make_unique<NoPolicy>();
    return {};
  }
  if (!terms_.policy_file.empty()) return open_policy_file();
  open_policy_parameter();
  return {};
}

ipc::Status Service::open_remote() {
  auto judge = RemoteJudge::open(
      {*aws_, *errands_, profile_, terms_.remote_url, terms_.remote_token_file, std::move(device_id_), terms_.os_user});
  if (!judge) return std::unexpected(judge.error());
  remote_ = judge->get();
  policy_ = std::move(*judge);
  return {};
}

ipc::Status Service::open_keys() {
  errands_ = std::make_unique<Errands>(
      base_, timers_, [this](const ipc::Errand& errand) { return control_.send(errand); },
      [this](const ipc::Waiting& waiting) { return control_.send(waiting); });
  IssuerEvents events;
  events.failed = [this](const ipc::Error& error, std::chrono::seconds left) {
    if (left.count() == 0) return;  // whoever asks hears it
    notices_.refusal("base-renewal", "renewing the keys of profile " + profile_.base_profile + " failed: " + error.what,
                     clock_.since_boot());
  };
  if (!terms_.remote_token_file.empty()) return {};  // nothing is signed
  const SessionStore* const sessions = session_store_ ? &*session_store_ : nullptr;
  const auto warn = [this](const std::string& sentence) { notices_.warning(sentence); };
  auto keys = open_base_keys(profile_.base, {*aws_, *errands_, profile_, run_.principal, caller_keys_, sessions,
                                             std::move(events), terms_.auto_login, warn});
  if (!keys) return std::unexpected(keys.error());
  base_keys_ = std::move(*keys);
  aws_->keys = base_keys_.get();
  return {};
}

ipc::Status Service::open_policy_file() {
  // What answers once looks at the file when it does; only a server has anybody to tell in between.
  event_base* const while_serving = terms_.mode == ipc::RunMode::Server ? base_ : nullptr;
  auto file = PolicyFile::open(
      while_serving, terms_.policy_file, *verifier_,
      [this](const ipc::Result<const Policy*>& policy) { on_policy_changed(policy); },
      [this](const std::string& sentence) { notices_.warning(sentence); });
  if (!file) return std::unexpected(file.error());
  policy_ = std::move(*file);
  return {};
}

void Service::open_policy_parameter() {
  policy_fetch_ = std::make_unique<PolicyFetch>(*aws_, profile_, terms_.policy_parameter, *verifier_);
  policy_ = std::make_unique<PolicyParameter>(
      base_, clock_, terms_.policy_parameter, PolicyFreshness{terms_.policy_poll, terms_.policy_max_age},
      [this](PolicyParameter::Answer answer) { (*policy_fetch_)(std::move(answer)); },
      [this](const ipc::Result<const Policy*>& policy) { on_policy_changed(policy); },
      [this](const ipc::Error* why) { on_policy_stale(why); });
}

}  // namespace broker
