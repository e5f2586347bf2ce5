// The two questions that the broker asks AWS beside issuing: who am I, and what is in this parameter. Signed with the
// base key; answers and errors come ready for use.
//
// Runs in: broker, main thread.   Blocks: never.   Owns: the AwsCall returned; destroying it cancels.
// The callback comes once, from the event loop, and may destroy the call. `key` and `context` outlive it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "aws_call.h"
#include "identity.h"
#include "ssm.h"

namespace broker {

std::unique_ptr<AwsCall> ask_identity(AwsContext& context, const AwsEndpoint& sts, const BaseKey& key,
                                      std::function<void(ipc::Result<Principal>)> done);

std::unique_ptr<AwsCall> ask_parameter(AwsContext& context, const AwsEndpoint& ssm, const BaseKey& key,
                                       std::string name, std::function<void(ipc::Result<Parameter>)> done);

}  // namespace broker
