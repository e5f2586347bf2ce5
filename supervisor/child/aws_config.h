// The AWS config file that the command sees: in Unix mode it names our credential_process; beside it stand the region
// and the settings that the broker told of the caller's profile, none of which is a source of credentials. No file of
// the caller's is read for it. Pure.
//
// Runs in: supervisor.   Blocks: never.
// Fails: kConfig where the helper's path cannot be written so that both a shell and Python's shlex read it back.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "ipc/messages.h"
#include "ipc/result.h"

namespace supervisor {

struct AwsConfigFacts {
  std::span<const ipc::CommandSetting> settings;  // each passed ipc::check_command_setting()
  std::string_view profile, region;
  std::string_view process_path;  // sentinel-credential-process; empty in TCP mode
};

ipc::Result<std::string> generated_config(const AwsConfigFacts&);

}  // namespace supervisor
