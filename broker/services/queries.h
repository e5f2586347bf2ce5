// Asks AWS for what is not keys: who am I, what is in these parameters, what is this key's public half, is this session
// still active; and for the tools: write this parameter, sign this. Signed with the base keys; answers and errors come
// ready for use.
//
// Blocks: never.   Owns: the AwsCall returned; destroying it cancels.
// The callback comes once, from the event loop, and may destroy the call. `context` outlives it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "aws/principal.h"
#include "call/aws_call.h"
#include "services/dynamodb.h"
#include "services/kms.h"
#include "services/ssm.h"

namespace broker {

// Whose the base key is; with `key`: whose that one is.
using OnPrincipal = std::function<void(ipc::Result<Principal>)>;
std::unique_ptr<AwsCall> ask_identity(AwsContext& context, const AwsEndpoint& sts, OnPrincipal done);
std::unique_ptr<AwsCall> ask_identity(AwsContext& context, const AwsEndpoint& sts, std::shared_ptr<const BaseKey> key,
                                      OnPrincipal done);
// One try of a few seconds, where the run goes on without an answer.
std::unique_ptr<AwsCall> ask_identity_once(AwsContext& context, const AwsEndpoint& sts,
                                           std::shared_ptr<const BaseKey> key, OnPrincipal done);

std::unique_ptr<AwsCall> ask_parameter(AwsContext& context, const AwsEndpoint& ssm, std::string name,
                                       std::function<void(ipc::Result<Parameter>)> done);

std::unique_ptr<AwsCall> ask_parameters(AwsContext& context, const AwsEndpoint& ssm, std::string first,
                                        std::string second, std::function<void(ipc::Result<ParameterPair>)> done);

std::unique_ptr<AwsCall> ask_put_parameter(AwsContext& context, const AwsEndpoint& ssm, std::string name,
                                           std::string_view value, std::function<void(ipc::Result<std::int64_t>)> done);

std::unique_ptr<AwsCall> ask_kms_public_key(AwsContext& context, const AwsEndpoint& kms, std::string kms_key,
                                            std::function<void(ipc::Result<KmsPublicKey>)> done);

std::unique_ptr<AwsCall> ask_kms_sign(AwsContext& context, const AwsEndpoint& kms, std::string_view kms_key,
                                      std::string_view message, std::function<void(ipc::Result<KmsSignature>)> done);

// `written` is false where the condition did not hold, and nothing was written.
using Written = std::function<void(ipc::Result<bool> written)>;
// A request of put_item() or update_item().
std::unique_ptr<AwsCall> ask_write_item(AwsContext& context, std::string table, AwsRequest request, Written done);
std::unique_ptr<AwsCall> ask_item(AwsContext& context, const AwsEndpoint& dynamodb, const TableKey& item,
                                  std::function<void(ipc::Result<std::optional<Item>>)> done);

}  // namespace broker
