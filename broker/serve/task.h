// What the supervisor asks this run to be: the caller's settings, the decision log's sinks, and Begin. Received and
// checked once, before anything else happens.
//
// Runs in: broker, at the start.   Blocks: until Begin has come, at most kPatience.   Owns: the log's descriptors.
// Fails: kProtocol for anything that messages.def does not allow here; the broker then ends.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "ipc/channel.h"
#include "ipc/settings.h"
#include "sources/caller_keys.h"

namespace broker {

struct LogSinkTerm {
  ipc::UniqueFd fd;
  std::string label;
  ipc::LogKind kind = ipc::LogKind::File;
  bool sync = false;
};

struct Terms {
  ipc::Settings settings;
  std::vector<LogSinkTerm> sinks;
  std::string profile, policy_parameter, policy_file, region, home, os_user;
  ipc::RunMode mode = ipc::RunMode::Server;
  std::string session_table, policy_key, policy_kms_key, log_key, log_key_id;
  std::chrono::seconds policy_poll{60}, policy_max_age{300};
  std::uint64_t log_max_bytes = 0;
  ipc::UniqueFd policy_versions, session_store;
  std::string remote_url, remote_token_file;
  bool environment_keys = false, environment_follows = false, auto_login = false;
  std::chrono::seconds duration{0};  // 0 outside server mode: the mode's default
  bool lazy = false;
  ipc::Transport transport = ipc::Transport::Unix;
  // What to call the policy in the log and in sentences.
  [[nodiscard]] const std::string& policy_name() const {
    if (!remote_url.empty()) return remote_url;
    return policy_file.empty() ? policy_parameter : policy_file;
  }
};

inline constexpr std::chrono::seconds kPatience{10};
inline constexpr std::chrono::seconds kShortestPoll{5}, kLongestPoll{3600};
inline constexpr std::chrono::seconds kLongestPolicyAge{24 * 3600};
inline constexpr std::size_t kMaxSinks = 4;

ipc::Result<Terms> receive_terms(ipc::Channel& control);
// The next packet, whichever it is; kProtocol when none comes in time.
ipc::Status receive_within_patience(ipc::Channel& control, ipc::Packet& packet);

// The keys of the caller's environment, where the supervisor has announced them. Needs ipc::SecretArena to be open.
// Blocks until they have come, at most kPatience.   Fails: kProtocol where something else comes.
ipc::Result<CallerKeys> receive_caller_keys(ipc::Channel& control);

}  // namespace broker
