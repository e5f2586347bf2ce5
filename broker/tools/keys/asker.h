// The process that asks AWS for sentinel-keys: who has this key, make another, delete one. It is started before any
// secret is there, protected as tools/aws/process.h says, and holds a key for as long as one question takes.
//
// Runs in: sentinel-keys.   Blocks: each question until AWS has answered; bounded by call/aws_call.h.
// Owns: that process, which ends with this object.   Secrets pass through one socket, in packets.
// Fails: with the sentence of what failed in there; kSystem when it is gone.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "aws/credentials.h"
#include "aws/principal.h"
#include "ipc/unique_fd.h"
#include "services/iam.h"
#include "tools/aws/process.h"

namespace broker {

class KeyAsker {
 public:
  // Needs ipc::SecretArena to be closed still: a child would share it, or find a hole in its place.
  static ipc::Result<KeyAsker> start(const AwsPlace& place);
  KeyAsker(KeyAsker&& other) noexcept;
  KeyAsker& operator=(KeyAsker&&) = delete;
  ~KeyAsker();

  // What sentinel-keys says to it first thing; an error where the profile cannot be resolved.
  ipc::Status ready();
  ipc::Result<std::string> arn(const BaseKey& key);
  ipc::Result<CreatedKey> create(const BaseKey& key);
  ipc::Result<std::vector<std::string>> list(const BaseKey& key);
  // A key that is not there any more counts as deleted.
  ipc::Status remove(const BaseKey& key, std::string_view access_key_id);

 private:
  KeyAsker(pid_t child, ipc::UniqueFd channel) : child_(child), channel_(std::move(channel)) {}
  ipc::Result<ipc::SecretBuffer> ask(char question, const BaseKey* key, std::string_view argument = {});

  pid_t child_;
  ipc::UniqueFd channel_;
};

}  // namespace broker
