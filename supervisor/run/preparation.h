// Everything that can fail before a process is started: helpers found, command found, log opened, folder made, listener
// bound. What it makes is handed over as a whole; on failure it leaves nothing behind.
//
// Runs in: supervisor, before the fork into face and keeper.   Blocks: as file systems do.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "child/aws_config.h"
#include "child/command.h"
#include "child/launch.h"
#include "child/own_cgroup.h"
#include "command_line/request.h"
#include "ipc/settings.h"
#include "run_files/folder_watch.h"
#include "run_files/listeners.h"
#include "run_files/owned_paths.h"
#include "run_files/run_folder.h"
#include "state/decision_log.h"
#include "terminal/account.h"

namespace supervisor {

inline constexpr char kHostPolicyKey[] = "/etc/sentinel/policy.pub";

struct Preparation {
  ExecRequest request;  // its task complete
  Account account;
  HelperPaths helpers;
  ipc::Settings settings;  // paths in it absolute
  std::vector<DecisionLog> logs;
  ipc::UniqueFd policy_text;                             // of a --policy-file that is a descriptor of the caller's
  ipc::UniqueFd policy_versions;                         // where the policy must be signed
  ipc::UniqueFd session_store, role_keys, openers;       // where they can be opened
  std::optional<ipc::EnvironmentKeys> environment_keys;  // until the broker has them
  OwnedPaths owned;
  OwnCgroup cgroup;  // of the command's tree, where this host lets us make one
  RunFolder folder;  // this and the listener: with --server
  OpenListener listener;
  std::string command_file;              // empty where no command is run
  std::vector<std::string> environment;  // without the AWS keys
};

// The error's exit code is own_failure(), or 126 or 127 for the command.
std::expected<Preparation, CommandError> prepare(ExecRequest, std::vector<std::string> environment,
                                                 std::optional<ipc::EnvironmentKeys>, const std::string& cwd);

// Whether this run's policy must be signed, by an option or by the host's own key.
bool demands_signature(const ipc::Begin& task, const char* host_key = kHostPolicyKey);

// Fills the generated AWS config, once the broker has said what goes into it, and sees that nothing else has come in.
ipc::Status write_aws_config(Preparation&, std::span<const CommandProfile> profiles, FolderWatch&);

}  // namespace supervisor
