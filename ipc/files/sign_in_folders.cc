#include "ipc/files/sign_in_folders.h"

namespace ipc {
namespace {

std::unexpected<Error> no_home() {
  return fail(Fault::kConfig,
              "there is no place for login tokens: HOME is no absolute path, and the password database has no home "
              "folder for you",
              "set HOME");
}

}  // namespace

Result<std::string> sso_cache_folder(std::string_view home) {
  if (!home.starts_with('/')) return no_home();
  return std::string(home) + "/.aws/sso/cache";
}

// The AWS tools put variables into it, too. What would be done otherwise here is refused.
Result<std::string> login_cache_folder(std::string_view home, std::string_view directory) {
  std::string path(directory.empty() ? "~/.aws/login/cache" : directory);
  if (path.starts_with("~/") && home.starts_with('/')) path.replace(0, 1, home);
  if (path.starts_with('/') && path.find('$') == std::string::npos) return path;
  if (directory.empty()) return no_home();
  return fail(Fault::kConfig, "AWS_LOGIN_CACHE_DIRECTORY is no absolute path, or has a variable in it",
              "write it whole, from / or ~/");
}

}  // namespace ipc
