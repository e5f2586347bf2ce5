#include "state/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>

#include "ipc/files/kept_files.h"
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
    {StateFile::Sessions, ipc::kept_row(ipc::KeptFile::kSessions).file, S_IRWXG | S_IRWXO,
     "the sessions that runs share", "is not yours alone, so no session is shared with other runs", "remove it: "},
    {StateFile::Openers, ipc::kept_row(ipc::KeptFile::kOpeners).file, S_IRWXG | S_IRWXO, "what opens stored keys",
     "is not yours alone, so no passphrase is remembered", "remove it: "},
    {StateFile::RoleKeys, ipc::kept_row(ipc::KeptFile::kRoleKeys).file, S_IRWXG | S_IRWXO,
     "the credentials that runs keep", "is not yours alone, so no credentials are kept", "remove it: "},
};

constexpr const StateFileRow& row_of(StateFile file) { return kStateFiles[static_cast<std::size_t>(file)]; }
static_assert(row_of(StateFile::PolicyVersions).file == StateFile::PolicyVersions);
static_assert(row_of(StateFile::Sessions).file == StateFile::Sessions);
static_assert(row_of(StateFile::Openers).file == StateFile::Openers);
static_assert(row_of(StateFile::RoleKeys).file == StateFile::RoleKeys);

ipc::Result<std::string> make_folders(std::string_view base, std::initializer_list<std::string_view> parts,
                                      std::string_view next_step) {
  std::string path(base);
  for (const std::string_view part : parts) {
    path += "/" + std::string(part);
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
      return ipc::system_error("cannot make the folder " + path, next_step);
  }
  return path;
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
  if (state_home.starts_with('/')) {
    (void)::mkdir(std::string(state_home).c_str(), 0700);  // as the XDG base directory specification wants it
    return make_folders(state_home, {"sentinel"}, next_step);
  }
  if (home.starts_with('/')) return make_folders(home, {".local", "state", "sentinel"}, next_step);
  return ipc::fail(Fault::kConfig,
                   "there is no place for " + std::string(what) +
                       ": HOME is no absolute path, and the password database has no home folder for you",
                   "set HOME; or " + std::string(next_step));
}

ipc::Result<ipc::UniqueFd> open_own_file(const OwnFile& file) {
  const std::string& path = file.path;
  struct stat name {};
  if (::lstat(path.c_str(), &name) == 0 && S_ISLNK(name.st_mode))
    return ipc::fail(Fault::kConfig, path + " is a symbolic link, and is not followed", "remove it");
  auto opened = ipc::open_trusted(path, ipc::trust_user(::geteuid()), O_RDWR | O_CREAT, S_IRUSR | S_IWUSR);
  if (!opened && opened.error().sys_errno == ENODEV)
    return ipc::fail(Fault::kConfig, path + " is not a file", "remove it");
  if (!opened) {
    const bool of_file = opened.error().what.starts_with(path + " ");
    if (of_file) return ipc::fail(Fault::kConfig, path + " " + file.why, file.next_step);
    return std::unexpected(ipc::with_next_step(opened.error(), file.no_access));
  }
  if (opened->status.st_uid == ::geteuid() && (opened->status.st_mode & file.never) == 0) return std::move(opened->fd);
  return ipc::fail(Fault::kConfig, path + " " + file.why, file.next_step);
}

}  // namespace supervisor
