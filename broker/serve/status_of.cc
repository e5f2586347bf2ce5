#include "serve/status_of.h"

#include <chrono>
#include <variant>

#include "text/rfc3339.h"

namespace broker {

ipc::RunStatus status_of(RunProfile& profile, const Decision& decision, ipc::Transport transport,
                         const std::vector<std::string>& logs, bool tell_reasons) {
  ipc::RunStatus status;
  status.profile = profile.name();
  if (!profile.resolved().chain.empty()) status.role = profile.resolved().chain.back().role_arn;
  status.transport = transport == ipc::Transport::Tcp ? "tcp" : "unix";
  for (const std::string& label : logs) status.log += (status.log.empty() ? "" : ", ") + label;
  if (tell_reasons) status.policy = profile.run().policy_name;
  if (decision.verdict) status.effect = decision.verdict->effect;
  if (decision.verdict && tell_reasons) {
    status.rule = decision.verdict->rule;
    status.policy_sha256 = decision.verdict->policy_sha256;
  }
  if (const Permit* permit = std::get_if<Permit>(&decision.outcome)) {
    const std::chrono::sys_seconds end = profile.decisions().local_end_of(permit->terms());
    if (end != std::chrono::sys_seconds{}) status.keys_end = rfc3339(end).text();
  }
  return status;
}

}  // namespace broker
