// Fetches keys of an EC2 instance's role, from the instance metadata service, version 2: a session token, the role's
// name, its keys. Version 1 is never used: an attacker who can make a program fetch a URL could read keys with it.
//
// Blocks: never.   Owns: the call under way, the session token.
// Units: each try has a second, each step three tries; an instance answers in milliseconds, and nothing else answers.
// Fails: with file:line and the step that failed; kUnavailable where nothing answers.
// Source: AWSEC2 UserGuide, "Use the Instance Metadata Service"; botocore utils.py, InstanceMetadataFetcher.
#pragma once

#include "call/aws_call.h"
#include "keys/fetch.h"
#include "profile/plan.h"

namespace broker {

// Both outlive the fetches.
StartFetch instance_keys(AwsContext& context, const InstancePlan& plan);

}  // namespace broker
