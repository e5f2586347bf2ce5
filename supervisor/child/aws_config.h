// The AWS config file that the command sees: a section for each profile of the run, and [default] for the first. In
// Unix mode each names our credential_process with its profile; beside it stand the region and the settings that the
// broker told of the profile, none of which is a source of credentials. No file of the caller's is read for it. Pure.
//
// Runs in: supervisor.   Blocks: never.
// Fails: kConfig where the helper's path cannot be written so that both a shell and Python's shlex read it back, or a
// profile's name so that AWS tools do; the first profile needs none.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/messages.h"
#include "ipc/result.h"

namespace supervisor {

struct CommandProfile {
  std::string name, region;
  std::vector<ipc::CommandSetting> settings;  // each passed ipc::check_command_setting()
};

struct AwsConfigFacts {
  std::span<const CommandProfile> profiles;  // one at least; none is called default but the first
  std::string_view process_path;             // sentinel-credential-process; empty in TCP mode
};

ipc::Result<std::string> generated_config(const AwsConfigFacts&);

}  // namespace supervisor
