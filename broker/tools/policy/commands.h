// The words of sentinel-policy: each reads its files, does its work and says it, to people or as JSON.
//
// Runs in: sentinel-policy.   Blocks: on files; pull, push, sign and verify on AWS.
// Each returns the exit code: 0 good, 1 found wrong or refused, 2 misused. The words lie in tools/policy/commands.def.
#pragma once

#include "policy/policy.h"
#include "tools/run.h"

namespace broker {

#define COMMAND(function, ...) int policy_##function(const ToolArguments& arguments, ToolOutput& out);
#include "tools/policy/commands.def"

// A policy file as a command reads it.
struct PolicyText {
  std::string file, text;
  ipc::Result<Policy> policy = {};
};
// Fails: when the file cannot be read; a text that does not load is in `policy`.
ipc::Result<PolicyText> read_policy(const std::string& file);
// Likewise, and both kinds of mistake are told on stderr, with the line and a caret; nothing then.
std::optional<PolicyText> good_policy(const std::string& file, ToolOutput& out);
// Says why the text of `read` does not load.
void tell_mistake(const PolicyText& read, ToolOutput& out);

}  // namespace broker
