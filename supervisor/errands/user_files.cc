#include "errands/user_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "ipc/files/sign_in_folders.h"
#include "ipc/files/trusted_path.h"
#include "state/files.h"

namespace supervisor {
namespace {

using ipc::Fault;

bool is_cache_name(std::string_view name, std::size_t digits) {
  return name.size() == digits &&
         std::ranges::all_of(name, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

ipc::Status make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return ipc::system_error("cannot make the folder " + path, "make it by hand, for yourself alone");
}

// Of `path`, which lies below `home`, each folder that is missing.
ipc::Status make_folders_below(std::string_view home, const std::string& path) {
  ipc::Status made;
  for (std::size_t end = home.size(); made && end != std::string::npos;) {
    end = path.find('/', end + 1);
    made = make_folder(path.substr(0, end));
  }
  return made;
}

// Of a folder that the user chose, the last part alone: what is above is theirs to make.
ipc::Status make_login_folder(const LoginFolder& folder, const std::string& path) {
  if (folder.directory.empty()) return make_folders_below(folder.home, path);
  return make_folder(path);
}

}  // namespace

ipc::Result<ipc::UniqueFd> open_token_cache(std::string_view home, std::string_view name) {
  if (!is_cache_name(name, 40)) return ipc::fail(Fault::kProtocol, "a token cache's name that is none");
  const ipc::Result<std::string> at = ipc::sso_cache_folder(home);
  if (!at) return std::unexpected(at.error());
  if (const ipc::Status made = make_folders_below(home, *at); !made) return std::unexpected(made.error());
  const std::string path = *at + "/" + std::string(name) + ".json";
  // Who may read it could lock it, too, and so keep every run waiting.
  return open_own_file({path, S_IRWXG | S_IRWXO,
                        "is open to others: theirs would be taken for your token, or yours is known to them",
                        "remove it, and log in again", "look at what lies there"});
}

ipc::Result<ipc::UniqueFd> open_login_cache(const LoginFolder& folder, std::string_view name, std::string_view profile,
                                            bool make) {
  if (!is_cache_name(name, 64)) return ipc::fail(Fault::kProtocol, "a login file's name that is none");
  const ipc::Result<std::string> at = ipc::login_cache_folder(folder.home, folder.directory);
  if (!at) return std::unexpected(at.error());
  if (const ipc::Status made = make ? make_login_folder(folder, *at) : ipc::Status{}; !made)
    return std::unexpected(made.error());
  const std::string path = *at + "/" + std::string(name) + ".json",
                    login = "run `aws login --profile " + std::string(profile) + "`";
  auto file = open_own_file({path, S_IRWXG | S_IRWXO,
                             "is open to others: theirs would be taken for your sign-in, or yours is known to them",
                             "remove it, and " + login, "look at what lies there", make});
  if (file || make || file.error().sys_errno != ENOENT) return file;
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
