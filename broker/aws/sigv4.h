// Signs one HTTP request the AWS way (Signature Version 4, in headers). A pure function: no clock, no environment, no
// I/O. Not for S3 (which encodes its path once and normalises nothing) and not for presigned URLs.
//
// Blocks: never.   Owns: nothing; derived keys are wiped before it returns.
// Fails: kConfig for a key, region or service that cannot be signed with.
// Source: docs.aws.amazon.com, "Create a signed AWS API request"; checked against AWS's published vectors and botocore.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/result.h"

namespace broker {

struct HttpHeader {
  std::string name, value;
};

// The request as it will be sent. Nothing here is changed or kept.
struct SigningInput {
  std::string_view method;
  std::string_view path;                // as on the wire; empty means "/"
  std::string_view query;               // as on the wire, without '?'
  std::span<const HttpHeader> headers;  // with Host; every one is signed but those that proxies change
  std::string_view body;
};

// Views of a key; none outlives the call.
struct SigningKey {
  std::string_view access_key_id, secret_access_key, session_token;
};

struct SigningScope {
  std::string_view region, service;
  std::chrono::sys_seconds time;
};

// The headers to add: X-Amz-Date, X-Amz-Security-Token (with a session token), Authorization.
ipc::Result<std::vector<HttpHeader>> sign_v4(const SigningInput& request, const SigningKey& key,
                                             const SigningScope& scope);

// What is hashed, as AWS words it: shown by tests when a vector fails. `headers` holds X-Amz-Date and the token
// already.
std::string canonical_request(const SigningInput& request);

}  // namespace broker
