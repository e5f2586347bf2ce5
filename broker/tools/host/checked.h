// host.yaml checked as far as it can be on this machine without a key and without AWS: its text, its profiles, and
// every file that it names.
//
// Runs in: sentinel-host.   Blocks: on small local files.   Owns: texts.
// Fails: kSystem, kConfig where the file cannot be read at all; what is wrong with it is among the mistakes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host_config/config.h"
#include "ipc/result.h"
#include "policy/policy.h"
#include "profile/plan.h"
#include "yaml/mistakes.h"

namespace broker {

// The policy, where a file holds it.
struct CheckedPolicy {
  std::string file, text;
  Mistakes mistakes;
  std::optional<Policy> policy;
};

struct CheckedHost {
  std::string file, text;
  Mistakes mistakes;                      // of host.yaml
  std::optional<HostConfig> config;       // where its text is good
  std::vector<ResolvedProfile> profiles;  // of the config, in its order; empty where one does not resolve
  CheckedPolicy policy;
  std::string key_fingerprint;  // of policy.signed_by.key_file
  [[nodiscard]] bool good() const { return mistakes.none() && policy.mistakes.none(); }
};

ipc::Result<CheckedHost> check_host(const std::string& file);

}  // namespace broker
