// Reads the options of `sentinel policy explain`: words into a question to a policy and a wish for a lifetime.
//
// Blocks: on the posture file and zone files.   Fails: kUsage, kConfig with what is wrong.
#pragma once

#include "ipc/result.h"
#include "policy/policy.h"
#include "study/expected_lifetime.h"
#include "tools/arguments.h"

namespace broker {

ipc::Result<PolicyQuery> question_of(const ToolArguments& arguments);
// kUsage for a duration or a source that no run could have.
ipc::Result<LifetimeWish> lifetime_wish(const ToolArguments& arguments);

}  // namespace broker
