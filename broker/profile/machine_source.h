// The sources that are a machine's own: where the metadata service of an EC2 instance is, and where a container's keys
// are, as the environment says it.
//
// Runs in: broker, at the start, and sentinel-profiles.   Blocks: never.
// Fails: kConfig with the variable's name or file:line. Plain http goes to this machine and to the link-local addresses
// of AWS alone.
// Source: botocore utils.py (InstanceMetadataFetcher, ContainerMetadataFetcher), credentials.py (ContainerProvider).
#pragma once

#include <string>

#include "ipc/result.h"
#include "profile/own_source.h"
#include "profile/plan.h"

namespace broker {

[[nodiscard]] ipc::Result<BasePlan> instance_source(const ProfileContext& at, const std::string& place);
[[nodiscard]] ipc::Result<BasePlan> container_source(const ProfileContext& at, const std::string& place);

}  // namespace broker
