// What `sentinel whoami` prints: one line for each fact, or JSON (ipc/json/json_answer.h).
//
// Runs in: supervisor.   Blocks: never.
// Trust: the texts come from AWS, a profile and a policy: they are made harmless, in JSON as well.
#pragma once

#include <string>

#include "command_line/request.h"
#include "ipc/messages.h"

namespace supervisor {

// `colour`: of the identity and of what the policy says.
std::string identity_text(const ipc::Whoami&, const ExecRequest&, bool colour = false);

}  // namespace supervisor
