// The files that the supervisor opens for the broker with the user's own rights.
//
// Runs in: supervisor.   Blocks: as file systems do; never for a FIFO or a device, which are refused.
// Owns: the descriptors, until the broker has them.
// Fails: kConfig for a name or file that is not what it should be; kSystem with the path.
#pragma once

#include <string>
#include <string_view>

#include "ipc/result.h"
#include "ipc/unique_fd.h"

namespace supervisor {

// ~/.aws/sso/cache/<name>.json, shared with the AWS CLI; open to read and write, made where it is missing, private.
// `name` is 40 lower-case hexadecimal digits.
ipc::Result<ipc::UniqueFd> open_token_cache(std::string_view home, std::string_view name);

// Where `aws login` keeps its files.
struct LoginFolder {
  std::string_view home, directory;  // directory: AWS_LOGIN_CACHE_DIRECTORY; empty: ~/.aws/login/cache
};
// <name>.json there, open to read and write. Made where it is missing only if the user is to sign in: a file that holds
// nothing is an error to the AWS tools. `name` is 64 lower-case hexadecimal digits; `profile` is for the next step.
ipc::Result<ipc::UniqueFd> open_login_cache(const LoginFolder& folder, std::string_view name, std::string_view profile,
                                            bool make);

// A file at an absolute path, open to read.
ipc::Result<ipc::UniqueFd> open_token_file(const std::string& path);

}  // namespace supervisor
