#include "state/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "ipc/files/state_folder.h"
#include "ipc/files/trusted_path.h"

namespace supervisor {
namespace {

using ipc::Fault;

constexpr std::string_view kStateStep = "set XDG_STATE_HOME to a folder of yours that you may write";

struct StateFileRow {
  StateFile file;
  std::string_view name;
  mode_t never;                // bits of its mode that it must not have
  std::string_view what;       // in words, for the sentence
  std::string_view why;        // it is refused
  std::string_view next_step;  // the path follows
};

constexpr StateFileRow kStateFiles[] = {
    {StateFile::PolicyVersions, "policy-versions", S_IWGRP | S_IWOTH, "the versions of signed policies",
     "can be written by others, who could make an old policy count again",
     "look at what is in it, then make it yours alone: chmod 600 "},
    {StateFile::Sessions, "sessions", S_IRWXG | S_IRWXO, "the sessions that runs share",
     "is not yours alone, so no session is shared with other runs", "remove it: "},
};

constexpr const StateFileRow& row_of(StateFile file) { return kStateFiles[static_cast<std::size_t>(file)]; }
static_assert(row_of(StateFile::PolicyVersions).file == StateFile::PolicyVersions);
static_assert(row_of(StateFile::Sessions).file == StateFile::Sessions);

// Each folder of `path` that is missing behind `base`, which is there.
ipc::Status make_folders(const std::string& path, std::size_t base, std::string_view next_step) {
  while (base < path.size()) {
    base = std::min(path.find('/', base + 1), path.size());
    const std::string folder = path.substr(0, base);
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
      return ipc::system_error("cannot make the folder " + folder, next_step);
  }
  return {};
}

}  // namespace

ipc::Result<ipc::UniqueFd> open_state_file(StateFile file, std::string_view home, std::string_view state_home) {
  const StateFileRow& row = row_of(file);
  const auto folder = make_state_folder(home, state_home, row.what, kStateStep);
  if (!folder) return std::unexpected(folder.error());
  const std::string path = *folder + "/" + std::string(row.name);
  return open_own_file({path, row.never, std::string(row.why), std::string(row.next_step) + path, kStateStep});
}

ipc::Result<std::string> make_state_folder(std::string_view home, std::string_view state_home, std::string_view what,
                                           std::string_view next_step) {
  std::string path = ipc::state_folder(home, state_home);
  if (path.empty()) {
    return ipc::fail(Fault::kConfig,
                     "there is no place for " + std::string(what) +
                         ": HOME is no absolute path, and the password database has no home folder for you",
                     "set HOME; or " + std::string(next_step));
  }
  const bool chosen = state_home.starts_with('/');
  if (chosen) (void)::mkdir(std::string(state_home).c_str(), 0700);  // as the XDG base directory specification wants it
  const ipc::Status made = make_folders(path, (chosen ? state_home : home).size(), next_step);
  if (!made) return std::unexpected(made.error());
  return path;
}

ipc::Result<ipc::UniqueFd> open_own_file(const OwnFile& file) {
  const std::string& path = file.path;
  struct stat name {};
  if (::lstat(path.c_str(), &name) == 0 && S_ISLNK(name.st_mode))
    return ipc::fail(Fault::kConfig, path + " is a symbolic link, and is not followed", "remove it");
  auto opened =
      ipc::open_trusted(path, ipc::trust_user(::geteuid()), O_RDWR | (file.make ? O_CREAT : 0), S_IRUSR | S_IWUSR);
  if (!opened && opened.error().sys_errno == ENODEV)
    return ipc::fail(Fault::kConfig, path + " is not a file", "remove it");
  if (!opened) {
    if (opened.error().file_fault != ipc::FileFault::None)
      return ipc::fail(Fault::kConfig, path + " " + file.why, file.next_step);
    return std::unexpected(ipc::with_next_step(opened.error(), file.no_access));
  }
  if (opened->status.st_uid == ::geteuid() && (opened->status.st_mode & file.never) == 0) return std::move(opened->fd);
  return ipc::fail(Fault::kConfig, path + " " + file.why, file.next_step);
}

}  // namespace supervisor
