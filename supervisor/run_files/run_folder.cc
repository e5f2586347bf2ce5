#include "run_files/run_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "ipc/files/trusted_path.h"
#include "state/files.h"

namespace supervisor {
namespace {

using ipc::Fault;

constexpr std::string_view kPrefix = "/sentinel-";
constexpr std::string_view kUnique = "XXXXXX";  // mkdtemp(3)
constexpr std::string_view kNextStep =
    "set XDG_RUNTIME_DIR to a folder of yours alone (mode 0700), below folders that "
    "no other user may write";
constexpr int kLockTries = 20;  // another run may be clearing up at the same time

// ---- where it may lie

struct Place {
  std::string folder;
  bool ours_alone = true;  // must be: else it is such a folder as /tmp
  bool keeps = false;      // for ever what killed runs leave there, unless a later run removes it
};

std::string state_place(const RunPlaces& places) {
  const auto folder = make_state_folder(places.home, places.state_home, "a run's files", kNextStep);
  if (!folder) return {};
  const std::string run = *folder + "/run";
  (void)::mkdir(run.c_str(), 0700);
  return run;
}

// As the XDG base directory specification wants it: ours, and no other user may enter.
bool is_private(const struct stat& st) { return st.st_uid == ::geteuid() && (st.st_mode & 07777) == 0700; }

// The place without links on its way, where it is one.
ipc::Result<std::string> judge(const std::string& place, const ipc::Trust& trust) {
  auto opened = ipc::open_trusted(place, trust, O_RDONLY | O_DIRECTORY);
  if (!opened) return std::unexpected(opened.error());
  if (is_private(opened->status)) return std::move(opened->path);
  return ipc::fail(Fault::kConfig, place + " is not yours alone: its mode must be 0700", std::string(kNextStep));
}

// ---- what killed runs left

// Removes a folder of ours that no run holds, as far as it has in it what a run makes.
void clear_up(int place, const char* name) {
  const ipc::UniqueFd folder(::openat(place, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat st {};
  if (!folder || ::fstat(folder.get(), &st) != 0 || st.st_uid != ::geteuid()) return;
  if (::flock(folder.get(), LOCK_EX | LOCK_NB) != 0) return;
  for (const char* file : {"config", "credentials", "socket"}) (void)::unlinkat(folder.get(), file, 0);
  (void)::unlinkat(place, name, AT_REMOVEDIR);
}

void clear_up_after_killed_runs(const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(path.c_str()), ::closedir);
  if (!listing) return;
  while (const dirent* entry = ::readdir(listing.get())) {
    if (std::string_view(entry->d_name).starts_with(kPrefix.substr(1))) clear_up(::dirfd(listing.get()), entry->d_name);
  }
}

// ---- making it

// Held until this descriptor, and each copy of it that a fork made, is closed. False where a clearing run was quicker.
ipc::Result<bool> hold(const std::string& path, bool must, ipc::UniqueFd& lock) {
  lock = ipc::UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!lock) return errno == ENOENT ? ipc::Result<bool>(false) : ipc::system_error("cannot open " + path);
  if (::flock(lock.get(), LOCK_SH | LOCK_NB) != 0 && (errno == EWOULDBLOCK || must)) {
    if (errno == EWOULDBLOCK) return false;
    return ipc::system_error("cannot lock " + path, kNextStep);  // a file system that locks no folder
  }
  struct stat named {
  }, held{};
  return ::lstat(path.c_str(), &named) == 0 && ::fstat(lock.get(), &held) == 0 && named.st_dev == held.st_dev &&
         named.st_ino == held.st_ino;
}

ipc::Status make_locked(const std::string& place, bool must_lock, RunFolder& folder) {
  for (int tries = 0; tries < kLockTries; ++tries) {
    folder.path = place + std::string(kPrefix) + std::string(kUnique);
    if (!::mkdtemp(folder.path.data())) return ipc::system_error("cannot make a private folder in " + place, kNextStep);
    const auto held = hold(folder.path, must_lock, folder.lock);
    if (!held) (void)::rmdir(folder.path.c_str());
    if (!held) return std::unexpected(held.error());
    if (*held) return {};
  }
  return ipc::fail(Fault::kSystem, "what this run makes in " + place + " is removed at once by another program",
                   std::string(kNextStep));
}

// Nothing else can open it to write without a change of its mode, which is seen: what is written through a mapping of a
// file is told by nothing.
ipc::Result<ipc::UniqueFd> make_file(const std::string& path, OwnedPaths& owned) {
  ipc::UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400));
  if (!fd) return ipc::system_error("cannot make " + path, kNextStep);
  if (ipc::Status claimed = owned.claim(path); !claimed) return std::unexpected(claimed.error());
  return fd;
}

// Some file systems have no sockets.
ipc::Status take_socket(const std::string& folder) {
  const std::string path = folder + std::string(kSocketName);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const ipc::UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const bool bound = probe && ::bind(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  if (!bound) return ipc::system_error("cannot make a socket in " + folder, kNextStep);
  (void)::unlink(path.c_str());
  return {};
}

ipc::Status fill(RunFolder& folder, const RunPlaces& places, OwnedPaths& owned) {
  if (ipc::Status claimed = owned.claim(folder.path); !claimed) return claimed;
  if (ipc::Status takes = places.for_socket ? take_socket(folder.path) : ipc::Status{}; !takes) return takes;
  folder.config_path = folder.path + "/config";
  folder.credentials_path = folder.path + "/credentials";
  auto config = make_file(folder.config_path, owned);
  if (!config) return std::unexpected(config.error());
  folder.config = std::move(*config);
  auto empty = make_file(folder.credentials_path, owned);
  return empty ? ipc::Status{} : std::unexpected(empty.error());
}

// In a shared folder the new one is judged, with what lies above it.
ipc::Status judge_made(const ipc::Trust& trust, RunFolder& folder) {
  auto opened = ipc::open_trusted(folder.path, trust, O_RDONLY | O_DIRECTORY);
  if (!opened) (void)::rmdir(folder.path.c_str());
  if (!opened) return std::unexpected(opened.error());
  folder.path = std::move(opened->path);
  return {};
}

ipc::Result<RunFolder> make_in(const Place& place, const ipc::Trust& trust, const RunPlaces& places,
                               OwnedPaths& owned) {
  const auto path = place.ours_alone ? judge(place.folder, trust) : place.folder;
  if (!path) return std::unexpected(path.error());
  const std::size_t longest = path->size() + kPrefix.size() + kUnique.size() + kSocketName.size();
  if (places.for_socket && longest > kLongestSocketPath) {
    return ipc::fail(Fault::kConfig, "a socket in " + *path + " would have a path longer than 107 bytes",
                     std::string(kNextStep));
  }
  if (place.keeps) clear_up_after_killed_runs(*path);
  const std::size_t before = owned.claims().size();
  RunFolder folder;
  ipc::Status made = make_locked(*path, !place.ours_alone, folder);
  if (made && !place.ours_alone) made = judge_made(trust, folder);
  folder.in_shared = !place.ours_alone;
  if (made) made = fill(folder, places, owned);
  if (made) return folder;
  owned.give_up_after(before);
  return std::unexpected(made.error());
}

}  // namespace

ipc::Result<RunFolder> make_run_folder(const RunPlaces& places, OwnedPaths& owned) {
  ipc::Trust trust = ipc::trust_user(::geteuid());
  for (const bool below_shared : {false, true}) {
    trust.shared_folders = below_shared;
    if (places.runtime_dir.starts_with('/')) {
      if (auto made = make_in({std::string(places.runtime_dir)}, trust, places, owned)) return made;
    }
    if (auto made = make_in({places.run_user + "/" + std::to_string(::geteuid())}, trust, places, owned)) return made;
    const std::string state = state_place(places);
    if (state.empty()) continue;
    if (auto made = make_in({state, true, true}, trust, places, owned)) return made;
  }
  return make_in({places.last, false}, trust, places, owned);
}

}  // namespace supervisor
