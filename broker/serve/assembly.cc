// How a Service is put together: each part is handed what it needs of the others, in the order in which they need it.
#include <set>

#include "caller/token.h"
#include "remote/judge.h"
#include "serve/service.h"

namespace broker {
namespace {

constexpr char kPolicyOfUser[] =
    "; sign it and give --policy-key, let it and its folders belong to root, or keep it in Parameter Store "
    "(--policy-parameter)";

}  // namespace

ipc::Result<std::unique_ptr<Service>> Service::open(const BrokerParts& broker, ipc::Channel control, Task task,
                                                    KeysRead read, CallerCheck callers, AuditLog& audit,
                                                    HostFacts host) {
  std::unique_ptr<Service> service(
      new Service(broker, std::move(control), std::move(task), read, std::move(callers), audit, std::move(host)));
  const auto fail_with = [&](const ipc::Error& error) {
    say_failed(service->control_, error);
    return std::unexpected(error);
  };
  ipc::Result<Proxy> proxy = read_proxy(service->task_.settings);
  if (!proxy) return fail_with(proxy.error());
  for (auto& [bundle, pem] : read.ca_pem) {
    auto http = AwsHttp::open(broker.base, std::move(pem), *proxy);
    if (!http) return fail_with(http.error());
    service->http_.emplace(bundle, std::move(*http));
  }
  for (ipc::SecretBuffer* const secret : {&service->token_, &service->answer_key_}) {
    ipc::Result<ipc::SecretBuffer> token = make_token();
    if (!token) return fail_with(token.error());
    *secret = std::move(*token);
  }
  if (ipc::Status opened = service->open_profiles(std::move(read.chosen)); !opened) return fail_with(opened.error());
  service->note_endpoints();
  if (ipc::Status opened = service->open_judge(std::move(read.policy_key)); !opened)
    return fail_with(ipc::with_next_step(opened.error(), kMendPolicy));
  service->requests_ =
      std::make_unique<Requests>(Requests::Parts{service->profiles_, service->audit_, service->callers_, broker.timers,
                                                 service->answer_key_, service->facts_.tell_reasons});
  return service;
}

void Service::note_endpoints() {
  const ResolvedProfile& first = profiles_.first().resolved();  // whose key asks for the policy
  std::string endpoints;
  if (!task_.begin.policy_parameter.empty()) add_endpoint(endpoints, "ssm", first.ssm);
  if (!task_.begin.policy_kms_key.empty()) add_endpoint(endpoints, "kms", first.kms);
  if (!endpoints.empty() && task_.begin.mode != ipc::RunMode::CredentialProcess) {
    notices_.warning("what judges this run is asked where variables say: " + endpoints + "; who answers there decides");
  }
  std::set<std::string> told;
  for (const auto& profile : profiles_.all()) {
    profile->run().endpoints = endpoints;
    note_sts(*profile, told);
  }
}

// Whose key it is decides which rules match, and stands in each line. An emulator's users name STS in such a file.
void Service::note_sts(RunProfile& profile, std::set<std::string>& told) {
  const AwsEndpoint& sts = profile.resolved().sts;
  if (!named_by_file(sts) || !task_.begin.remote_url.empty()) return;
  add_endpoint(profile.run().endpoints, "sts", sts);
  if (task_.begin.mode == ipc::RunMode::CredentialProcess || !told.insert(sts.named_by).second) return;
  notices_.warning("whose key this is, STS is asked at " + sts.url + ", which " + sts.named_by +
                   " names: who may write that file can answer with another user's name");
}

ipc::Status Service::open_judge(PolicyKey key) {
  if (!task_.begin.remote_url.empty()) {
    auto judge = open_remote();
    if (!judge) return std::unexpected(judge.error());
    profiles_.first().judged_by(std::move(*judge));
    return {};
  }
  if (ipc::Status opened = open_policy(std::move(key)); !opened) return opened;
  for (const auto& profile : profiles_.all()) {
    profile->judged_by(
        std::make_unique<PolicyJudge>(PolicyJudge::Parts{profile->run(), profile->key().aws, profile->resolved(),
                                                         *policy_, posture_, profile->sessions(), errands_.get()}));
  }
  return {};
}

ipc::Result<std::unique_ptr<Judge>> Service::open_remote() {
  RunProfile& profile = profiles_.first();  // the only one: has_one_judge() of the task
  auto judge = RemoteJudge::open({profile.key().aws, *errands_, profile.resolved(), task_.begin.remote_url.str(),
                                  task_.begin.remote_token_file.str(), std::move(device_id_), task_.begin.os_user.str(),
                                  [this](const std::string& sentence) { notices_.warning(sentence); }});
  if (!judge) return std::unexpected(judge.error());
  return std::move(*judge);
}

ipc::Status Service::open_policy(PolicyKey key) {
  const ipc::Begin& begin = task_.begin;
  FirstKey& first = profiles_.first().key();
  const ResolvedProfile& resolved = profiles_.first().resolved();
  // What answers once looks at the file when it does; only a server has anybody to tell in between.
  const bool served = begin.mode == ipc::RunMode::Server;
  const bool read_once = static_cast<bool>(task_.policy_text);
  auto policy =
      PolicyInForce::open({broker_.base, first.aws, require_ssm(resolved), require_kms(resolved), std::move(key),
                           PolicyVersions(std::move(task_.policy_versions))},
                          {begin.policy_parameter.str(), begin.policy_file.str(), std::move(task_.policy_text),
                           PolicyFreshness{begin.policy_poll.get(), begin.policy_max_age.get()}, served},
                          *this);
  if (!policy) return std::unexpected(policy.error());
  policy_ = std::move(*policy);
  if (read_once && served) {
    notices_.info("the policy " + task_.policy_name() +
                  " was read once, from a pipe: this run keeps it, and a change of it needs a new run");
  }
  say_who_can_change_it();
  return {};
}

// Once for a run; what an SDK starts for each fetch would say it each time.
void Service::say_who_can_change_it() {
  const bool per_run = task_.begin.mode == ipc::RunMode::Server || task_.begin.mode == ipc::RunMode::Cli;
  if (!per_run || !policy_->user_can_change() || policy_->verifier().enforces()) return;
  notices_.info("the command can change this policy: " + task_.begin.policy_file.str() +
                " can be written or replaced by the user who runs it" + kPolicyOfUser);
}

}  // namespace broker
