// The IAM actions that rotating a user's own key takes: builds their requests, reads their answers. No I/O of its own.
//
// Runs in: sentinel-keys' process that asks AWS.   Blocks: never.
// Fails: kProtocol for an answer that is not the action's.
// Source: docs.aws.amazon.com/IAM/latest/APIReference (2010-05-08).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aws/endpoint.h"
#include "call/aws_call.h"
#include "ipc/result.h"
#include "ipc/secret.h"

namespace broker {

struct CreatedKey {
  std::string access_key_id;
  ipc::SecretBuffer secret_access_key;
};

// Of the user whose key signs. Tried once: who asks twice may get two keys.
AwsRequest create_access_key(const AwsEndpoint& endpoint);
ipc::Result<CreatedKey> read_created_key(std::string_view body);

AwsRequest list_access_keys(const AwsEndpoint& endpoint);
// Their ids; a user has two at most.
ipc::Result<std::vector<std::string>> read_key_list(std::string_view body);

AwsRequest delete_access_key(const AwsEndpoint& endpoint, std::string_view access_key_id);

// The error with a next step that fits the action.
ipc::Error iam_error(std::string_view action, AwsCallError error);

}  // namespace broker
