// What an AWS config or credentials file says of its profiles, as far as a doctor needs it: which keys are there, never
// what they hold. The one reader of these files (ipc/text/aws_config_parser.h) reads it; a line that this reader refuses is
// passed over, and the first of them is told. Pure.
//
// Runs in: sentinel-doctor.   Blocks: never.
// Fails: never; whether a file can be used at all the broker judges, not this.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/text/aws_config_parser.h"

namespace supervisor {

struct AwsSection {
  std::string name;  // of the profile; for another section its header, in brackets
  bool secret_key = false, session_token = false;
  bool process = false;      // credential_process
  bool own_process = false;  // and that is Sentinel's

  [[nodiscard]] bool long_term_key() const { return secret_key && !session_token; }
};

struct AwsSections {
  std::vector<AwsSection> sections;     // in alphabetical order, those of the profiles first
  std::optional<std::string> not_read;  // "path:line: why", of the first line that was passed over
};

// `path` is for the sentence alone.
AwsSections sections_of(std::string_view text, ipc::AwsFileKind kind, const std::string& path);

}  // namespace supervisor
