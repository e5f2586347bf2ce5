// Asks AWS for a tool, by a process of its own that reads the keys, answers questions one after the other, and ends
// with this object. sentinel-policy, which reads policies and writes files, never holds a key; sentinel-keys hands the
// key of each question over.
//
// That process is protected as the broker is: unreadable before it reads a key, secrets in their own pages, the
// broker's sandbox and syscall filter. Weaker than a broker: it begins as a copy of the tool, so between fork and its
// first call it is as readable as the tool. It holds no secret then but what the caller's environment has and, of
// `policy push`, the key of --sign-key, which that tool has read before; both stay. What runs in the broker's main
// thread (broker/rooms.cmake) runs there as well. The profile's keys come from its source as in a run, but no
// supervisor does errands for it (keys/no_errands.h). What passes are messages of ipc/messages.def; it sees no file and
// no policy but those that a message carries.
//
// Runs in: sentinel-policy, sentinel-keys.
// Blocks: start() until the source has given the keys, each question until AWS has answered; each call has its own
// deadline (call/aws_call.h).
// Fails: with the sentence of what failed in there; kSystem when it ended without an answer.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "aws/credentials.h"
#include "services/iam.h"
#include "services/kms.h"
#include "services/ssm.h"
#include "tools/aws/key_channel.h"

namespace broker {

struct AwsPlace {
  std::string profile, region;
  // Begin with those of the environment; the profile need not exist, and nothing of it counts but region, endpoints and
  // CA. With brings_keys the latter alone is meant.
  bool environment_keys = false;
  bool brings_keys = false;  // each question comes with its key: the profile need not have one of its own
  bool allow_user_namespace = false;
};

class KeyProcess {
 public:
  // Needs ipc::SecretArena to be closed still, because a child would share it, or find a hole in its place; opens it.
  static ipc::Result<KeyProcess> start(const AwsPlace& place);
  // `child`: what to wait for at the end; -1: nothing. Once KeysReady has come.
  KeyProcess(KeyChannel channel, pid_t child);
  KeyProcess(KeyProcess&& other) noexcept;
  KeyProcess& operator=(KeyProcess&&) = delete;
  ~KeyProcess();

  // Signed with the profile's key.
  ipc::Result<Parameter> parameter(std::string_view name);
  ipc::Result<ParameterPair> parameters(std::string_view first, std::string_view second);
  ipc::Result<std::int64_t> put(std::string_view name, std::string_view value);
  ipc::Result<KmsPublicKey> kms_public_key(std::string_view kms_key);
  ipc::Result<KmsSignature> kms_sign(std::string_view kms_key, std::string_view message);

  // Signed with `key`.
  ipc::Result<std::string> arn(const BaseKey& key);
  ipc::Result<CreatedKey> create_access_key(const BaseKey& key);
  ipc::Result<std::vector<std::string>> access_keys(const BaseKey& key);
  // A key that is not there any more counts as deleted.
  ipc::Status delete_access_key(const BaseKey& key, std::string_view access_key_id);

 private:
  template <class Answer, class Question>
  ipc::Result<InSecret<Answer>> ask(const Question& question);
  template <class Answer>
  ipc::Result<InSecret<Answer>> receive();

  KeyChannel channel_;
  pid_t child_;
};

}  // namespace broker
