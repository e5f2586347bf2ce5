// Receives what the supervisor asks this run to be: Begin as it came, and beside it the caller's settings, the
// decision log's sinks with their heads, and two files. Received and checked once, before anything else happens.
//
// Runs in: broker, at the start.   Blocks: until Begin has come, at most kPatience.   Owns: the descriptors.
// Fails: kProtocol for anything that messages.def does not allow here; the broker then ends.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "ipc/channel.h"
#include "ipc/settings.h"
#include "sources/caller_keys.h"

namespace broker {

struct TaskSink {
  ipc::LogSink sink;
  ipc::UniqueFd fd, lock, head;  // of a file: what its writers lock, and where its head is kept
};

struct Task {
  const ipc::Begin begin;
  ipc::Settings settings;
  std::vector<ipc::WantedProfile>
      wanted;  // the profiles of the run; begin.profile is the first of them where it is there
  std::vector<TaskSink> sinks;
  std::string console_destination;  // of a run that signs in to the console
  ipc::UniqueFd policy_versions, session_store, role_keys, openers;
  ipc::UniqueFd policy_text;         // in the place of begin.policy_file
  std::chrono::seconds remember{0};  // with `openers`
  // At most, before the AWS files have been read.
  [[nodiscard]] std::size_t most_profiles() const;
  // What to call the policy in the log and in sentences.
  [[nodiscard]] const std::string& policy_name() const {
    if (!begin.remote_url.empty()) return begin.remote_url.str();
    return begin.policy_file.empty() ? begin.policy_parameter.str() : begin.policy_file.str();
  }
};

inline constexpr std::chrono::seconds kPatience{10};
inline constexpr std::size_t kMaxSinks = 4;

ipc::Result<Task> receive_task(ipc::Channel& control);
// The next packet, whichever it is; kProtocol when none comes in time.
ipc::Status receive_within_patience(ipc::Channel& control, ipc::Packet& packet);

// The keys of the caller's environment, where the supervisor has announced them. Needs ipc::SecretArena to be open.
// Blocks until they have come, at most kPatience.   Fails: kProtocol where something else comes.
ipc::Result<CallerKeys> receive_caller_keys(ipc::Channel& control);

}  // namespace broker
