// Fetches keys of the role of an ECS task or EKS pod, from the endpoint that the container's platform names in the
// environment. The authorization token goes with each request: from its file, which the platform renews and which is
// therefore read anew each time, else from the environment.
//
// Blocks: on the token's file.   Owns: the environment's token, the errand or call under way.   Units: each try has
// two seconds, and there are three.
// Fails: with the setting's place; kUnavailable where nothing answers. Never with a token.
// Source: AmazonECS Developer Guide, "Task IAM role"; EKS User Guide, "Pod Identity"; botocore utils.py,
// ContainerMetadataFetcher.
#pragma once

#include <memory>
#include <string>

#include "call/aws_call.h"
#include "keys/errands.h"
#include "keys/fetch.h"
#include "profile/plan.h"

namespace broker {

// The references' objects outlive the fetches. `token`: the environment's; empty: it has none.
StartFetch container_keys(AwsContext& context, ErrandDoer& errands, std::string profile, const ContainerPlan& plan,
                          ipc::SecretBuffer token);

}  // namespace broker
