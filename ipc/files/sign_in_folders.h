// Where the AWS tools keep the sign-ins of a user, in files that Sentinel shares with them.
//
// Runs in: supervisor (opens the files for a broker), sentinel-cache (lists and removes them).   Blocks: never.
// Fails: kConfig where there is no such place; the sentence says what to set.
// Source: botocore credentials.py and utils.py.
#pragma once

#include <string>
#include <string_view>

#include "ipc/result.h"

namespace ipc {

// Of IAM Identity Center; `home` is the user's home folder.
[[nodiscard]] Result<std::string> sso_cache_folder(std::string_view home);
// Of `aws login`. `directory` is AWS_LOGIN_CACHE_DIRECTORY; empty: it is not set.
[[nodiscard]] Result<std::string> login_cache_folder(std::string_view home, std::string_view directory);

}  // namespace ipc
