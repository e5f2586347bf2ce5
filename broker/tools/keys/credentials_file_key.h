// A profile's long-term key in ~/.aws/credentials, and how it goes out of there: its two lines are left out, everything
// else stays byte for byte.
//
// Runs in: sentinel-keys.   Blocks: on that file.   Owns: the key read; the file's text for as long as a change takes,
// in memory that is wiped.
// Fails: kConfig for what stands there, with file:line; nothing is changed then. A file that somebody changes at the
// same time is left alone.
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>

#include "aws/credentials.h"
#include "ipc/result.h"

namespace broker {

struct CredentialsFileKey {
  BaseKey key;
  std::string path;  // a link is followed: the file itself
  int id_line = 0, secret_line = 0;
  struct stat seen {};
};

[[nodiscard]] ipc::Result<CredentialsFileKey> read_credentials_file_key(const std::string& path,
                                                                        std::string_view profile);
[[nodiscard]] ipc::Status remove_credentials_file_key(const CredentialsFileKey& key);

}  // namespace broker
