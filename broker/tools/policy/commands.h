// How the commands of sentinel-policy read a policy file.
//
// Runs in: sentinel-policy.   Blocks: on files.
#pragma once

#include "policy/policy.h"
#include "tools/commands.h"
#include "yaml/mistakes.h"

namespace broker {

// A policy file as a command reads it.
struct PolicyText {
  std::string file, text;
  Read<Policy> policy = {};
};
// Fails: when the file cannot be read; a text that does not load is in `policy`.
ipc::Result<PolicyText> read_policy_file(const std::string& file);
// Likewise, and both kinds of mistake are told on stderr, with the line and a caret; nothing then.
std::optional<PolicyText> good_policy(const std::string& file, ToolOutput& out);

}  // namespace broker
