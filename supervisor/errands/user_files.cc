#include "errands/user_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "ipc/files/trusted_path.h"
#include "state/files.h"

namespace supervisor {
namespace {

using ipc::Fault;

constexpr std::string_view kNoHome =
    "there is no place for login tokens: HOME is no absolute path, and the password database has no home folder for "
    "you";

bool is_cache_name(std::string_view name, std::size_t digits) {
  return name.size() == digits &&
         std::ranges::all_of(name, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// The AWS tools put variables into it, too. What would be done otherwise here is refused.
ipc::Result<std::string> login_folder(const LoginFolder& folder) {
  std::string path(folder.directory);
  if (path.empty()) path = "~/.aws/login/cache";
  if (path.starts_with("~/") && folder.home.starts_with('/')) path.replace(0, 1, folder.home);
  if (path.starts_with('/') && path.find('$') == std::string::npos) return path;
  if (folder.directory.empty()) return ipc::fail(Fault::kConfig, std::string(kNoHome), "set HOME");
  return ipc::fail(Fault::kConfig, "AWS_LOGIN_CACHE_DIRECTORY is no absolute path, or has a variable in it",
                   "write it whole, from / or ~/");
}

}  // namespace

ipc::Result<ipc::UniqueFd> open_token_cache(std::string_view home, std::string_view name) {
  if (!is_cache_name(name, 40)) return ipc::fail(Fault::kProtocol, "a token cache's name that is none");
  if (!home.starts_with('/')) {
    return ipc::fail(Fault::kConfig, std::string(kNoHome), "set HOME");
  }
  std::string path(home);
  for (const char* part : {"/.aws", "/sso", "/cache"}) {
    path += part;
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
      return ipc::system_error("cannot make the folder " + path, "make it by hand, for yourself alone");
  }
  path += "/" + std::string(name) + ".json";
  // Who may read it could lock it, too, and so keep every run waiting.
  return open_own_file({path, S_IRWXG | S_IRWXO,
                        "is open to others: theirs would be taken for your token, or yours is known to them",
                        "remove it, and log in again", "look at what lies there"});
}

ipc::Result<ipc::UniqueFd> open_login_cache(const LoginFolder& folder, std::string_view name,
                                            std::string_view profile) {
  if (!is_cache_name(name, 64)) return ipc::fail(Fault::kProtocol, "a login file's name that is none");
  const ipc::Result<std::string> at = login_folder(folder);
  if (!at) return std::unexpected(at.error());
  const std::string path = *at + "/" + std::string(name) + ".json",
                    login = "run `aws login --profile " + std::string(profile) + "`";
  auto file = open_own_file({path, S_IRWXG | S_IRWXO,
                             "is open to others: theirs would be taken for your sign-in, or yours is known to them",
                             "remove it, and " + login, "look at what lies there", false});
  if (file || file.error().sys_errno != ENOENT) return file;
  return ipc::fail(Fault::kRefused, "nobody is signed in with aws login: there is no " + path, login);
}

ipc::Result<ipc::UniqueFd> open_token_file(const std::string& path) {
  if (!path.starts_with('/'))
    return ipc::fail(Fault::kConfig, path + " is not an absolute path", "write it whole, from /");
  auto file = ipc::open_trusted(path, ipc::trust_user(::geteuid()), O_RDONLY);
  if (file) return std::move(file->fd);
  if (file.error().sys_errno == ENODEV)
    return ipc::fail(Fault::kConfig, path + " is not a file", "name the file that holds the token");
  return std::unexpected(ipc::with_next_step(file.error(), "check the path and its rights"));
}

}  // namespace supervisor
