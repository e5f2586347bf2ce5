// The AWS config file that the command sees: in Unix mode it names our credential_process; of the caller's own config
// it keeps what is no source of credentials (region, output, s3, retries, endpoints), by a list of what may stay. Pure.
//
// Runs in: supervisor.   Blocks: never.
// Fails: kConfig where the helper's path cannot be written so that both a shell and Python's shlex read it back.
#pragma once

#include <string>
#include <string_view>

#include "ipc/result.h"

namespace supervisor {

struct AwsConfigFacts {
  std::string_view caller_config;  // text of the caller's config file, may be empty
  std::string_view profile, region;
  std::string_view process_path;  // sentinel-credential-process; empty in TCP mode
};

ipc::Result<std::string> generated_config(const AwsConfigFacts&);

}  // namespace supervisor
