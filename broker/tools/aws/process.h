// AWS for a tool: a process of its own that reads the keys, asks, answers over a pipe and ends. The tool itself, which
// reads policies and writes files, never holds a key.
//
// That process is protected as the broker is: unreadable before it reads a key, secrets in their own pages, the
// broker's sandbox and syscall filter. Weaker than a broker: it begins as a copy of the tool, so between fork and its
// first call it is as readable as the tool, and holds nothing then. What says "Runs in: broker" runs there as well.
// The profile's keys come from its source as in a run, but nobody does errands for it (keys/no_errands.h).
//
// Runs in: sentinel-policy, sentinel-keys.
// Blocks: until AWS and the source have answered; each call has its own deadline (call/aws_call.h).
// Fails: with the sentence of what failed in there; kSystem when it ended without an answer.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "call/signing_keys.h"
#include "profile/resolve.h"
#include "services/iam.h"
#include "services/queries.h"

struct event_base;

namespace broker {

// The calls, one after the other.
class AwsSession {
 public:
  AwsSession(event_base* base, AwsContext& context, const ResolvedProfile& profile)
      : base_(base), context_(context), profile_(profile) {}
  // From now on calls are signed with this key instead of the profile's.
  void use(BaseKey key);
  ipc::Result<Parameter> parameter(const std::string& name);
  ipc::Result<ParameterPair> parameters(const std::string& first, const std::string& second);
  ipc::Result<std::int64_t> put(const std::string& name, std::string_view value);
  ipc::Status kms_verify(std::string_view key, std::string_view message, std::string_view signature);
  ipc::Result<KmsSignature> kms_sign(std::string_view key, std::string_view message);
  ipc::Result<Principal> identity();
  ipc::Result<CreatedKey> create_access_key();
  ipc::Result<std::vector<std::string>> access_keys();
  ipc::Status delete_access_key(std::string_view access_key_id);

 private:
  ipc::Result<HttpAnswer> ask_iam(AwsRequest (*request)(const AwsEndpoint&));
  ipc::Result<HttpAnswer> send_iam(AwsRequest request);

  event_base* base_;
  AwsContext& context_;
  const ResolvedProfile& profile_;
  std::unique_ptr<FixedKey> own_;
};

struct AwsPlace {
  std::string profile, region;
  bool environment_keys = false;  // begin with those of the environment; the profile need not exist
  bool brings_keys = false;       // use() comes before the first call: the profile need not have a key of its own
};
// Runs `work` in that process; what it answers is what the tool gets. It must write nothing and open no file.
ipc::Result<std::string> with_aws(const AwsPlace& place,
                                  const std::function<ipc::Result<std::string>(AwsSession&)>& work);
// The same here and now, by a process that is unreadable already and ends afterwards.
ipc::Result<std::string> work_in_this_process(const AwsPlace& place,
                                              const std::function<ipc::Result<std::string>(AwsSession&)>& work);

}  // namespace broker
