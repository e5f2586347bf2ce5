#include "run/owned_paths.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

namespace supervisor {
namespace {

// The rule of the XDG base directory specification: ours, and no other user may enter.
bool is_private_folder(const std::string& path) {
  struct stat st {};
  return path.starts_with('/') && ::lstat(path.c_str(), &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == ::geteuid() &&
         (st.st_mode & 07777) == 0700;
}

ipc::Result<ipc::UniqueFd> make_file(const std::string& path, OwnedPaths& owned) {
  ipc::UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return ipc::system_error("cannot make " + path);
  if (ipc::Status claimed = owned.claim(path); !claimed) return std::unexpected(claimed.error());
  return fd;
}

}  // namespace

ipc::Status OwnedPaths::claim(const std::string& path) {
  Claim claim{path, ipc::UniqueFd(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC))};
  if (!claim.held) return ipc::system_error("cannot look at " + path);
  claims_.push_back(std::move(claim));
  return {};
}

std::vector<std::string> OwnedPaths::remove_all() const {
  std::vector<std::string> left;
  for (auto claim = claims_.rbegin(); claim != claims_.rend(); ++claim) {
    struct stat now {
    }, ours{};
    if (::lstat(claim->path.c_str(), &now) != 0) continue;  // gone already
    const bool same = ::fstat(claim->held.get(), &ours) == 0 && now.st_dev == ours.st_dev && now.st_ino == ours.st_ino;
    const int flags = S_ISDIR(now.st_mode) ? AT_REMOVEDIR : 0;
    if (!same || ::unlinkat(AT_FDCWD, claim->path.c_str(), flags) != 0) left.push_back(claim->path);
  }
  return left;
}

ipc::Result<RunFolder> make_run_folder(std::string_view xdg_runtime_dir, OwnedPaths& owned) {
  const std::string runtime(xdg_runtime_dir);
  RunFolder folder;
  folder.path = (is_private_folder(runtime) ? runtime : "/tmp") + "/sentinel-XXXXXX";
  if (!::mkdtemp(folder.path.data())) {
    return ipc::system_error("cannot make a private folder " + folder.path,
                             "make /tmp writable, or set XDG_RUNTIME_DIR");
  }
  if (ipc::Status claimed = owned.claim(folder.path); !claimed) return std::unexpected(claimed.error());
  folder.config_path = folder.path + "/config";
  folder.credentials_path = folder.path + "/credentials";
  auto config = make_file(folder.config_path, owned);
  if (!config) return std::unexpected(config.error());
  folder.config = std::move(*config);
  if (auto empty = make_file(folder.credentials_path, owned); !empty) return std::unexpected(empty.error());
  return folder;
}

}  // namespace supervisor
