// What /etc/sentinel/host.yaml says of a host that users share: whose keys there are, who asks for them, which policy
// judges, what is logged. Data, no behaviour; no secret stands in it.
//
// Owns: texts.   Units: a place is "file:line:column".
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "ipc/settings.h"
#include "principals/rows.h"
#include "profile/files.h"

namespace broker {

struct HostProfile {
  std::string name, place;
  ConfigSection settings;  // in the words of the AWS config file, each with its line
  PlacedText credential;   // the systemd credential that holds its access key; empty: another source has it
  PlacedText program;      // of its credential_process; empty: it has none
};

// Either of parameter and file, and at most one of kms_key and key_file.
struct HostPolicy {
  PlacedText parameter, file;
  PlacedText profile;  // whose keys read the parameter and ask KMS
  PlacedText kms_key, key_file;
  std::chrono::seconds poll{60}, max_age{300};  // of a parameter
};

struct HostLimits {
#define LIMIT(name, initial, least, most, meaning) std::uint32_t name = initial;
#include "host_config/limits.def"
#undef LIMIT
};

struct HostLog {
  PlacedText file;  // empty: to the system's log alone
  bool system_log = false;
  bool sync = false;            // a decision is on the disk before it is answered
  std::uint64_t max_bytes = 0;  // of a file, before a new one is begun; 0: never
};

struct HostConfig {
  std::string source;                 // the file
  std::vector<PlacedText> programs;   // that a profile may run
  std::vector<HostProfile> profiles;  // in the order of the file
  HostPolicy policy;
  std::vector<PrincipalRow> principals;
  HostLimits limits;
  HostLog log;
  PlacedText ca_bundle, proxy, no_proxy;
  ipc::Settings network;  // endpoints, ca_bundle, proxy and no_proxy, as the variables of the same meaning
};

}  // namespace broker
