#include "keystore/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "host/bounded_read.h"
#include "host/own_file.h"
#include "ipc/files/trusted_path.h"
#include "ipc/owned.h"
#include "ipc/unique_fd.h"
#include "text/ascii.h"
#include "text/plain_text.h"

namespace broker {
namespace {

using ipc::Fault;

constexpr std::size_t kMaxName = 128;
constexpr std::string_view kSuffix = ".json";

// A user who can write it could put a key of his own in place of this user's.
ipc::Status check_own(const struct stat& status, const std::string& path, mode_t others) {
  if (status.st_uid != ::geteuid()) {
    return ipc::fail(Fault::kConfig, path + " belongs to another user", "move it away, and add your keys again");
  }
  if ((status.st_mode & others) == 0) return {};
  return ipc::fail(Fault::kConfig, path + " is open to others", "run chmod go= " + path);
}

// Without one, the folder would lie in /.
std::unexpected<ipc::Error> no_home() {
  return ipc::fail(Fault::kConfig,
                   "there is no place for stored keys: HOME is no absolute path, and the password database has no home "
                   "folder for you",
                   "set HOME");
}

mode_t link_status(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_mode : 0;
}

// Each folder of the path that is missing, the user's alone (XDG base directory specification).
ipc::Status make_all(const std::string& path) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string made = path.substr(0, end);
    struct stat status {};
    if (::stat(made.c_str(), &status) != 0 && ::mkdir(made.c_str(), 0700) != 0 && errno != EEXIST)
      return ipc::system_error("cannot make " + made, "check the rights of the folder that it is to lie in");
    if (end == std::string::npos) return {};
  }
}

ipc::Status sync_folder(const std::string& folder) {
  const ipc::UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd && ::fsync(fd.get()) == 0) return {};
  return ipc::system_error("cannot put the change of " + folder + " on disk", "look at the space of its disk");
}

}  // namespace

KeystoreFolder::KeystoreFolder(std::string_view data_folder)
    : folder_(data_folder.empty() ? "" : std::string(data_folder) + "/keys") {}

ipc::Status KeystoreFolder::check_name(std::string_view name) {
  const bool fits = !name.empty() && name.size() <= kMaxName && is_alphanumeric(name.front()) &&
                    name.find("..") == name.npos && std::ranges::all_of(name, [](char c) {
                      return is_alphanumeric(c) || std::string_view("_.@+=,-").find(c) != std::string_view::npos;
                    });
  if (fits) return {};
  const std::string shown = text_fault(name) ? "this name" : in_quotes(name);
  return ipc::fail(Fault::kUsage, shown + " cannot name a stored key",
                   "use letters, digits and _.@+=,- and begin with a letter or digit; at most 128, and no \"..\"");
}

bool KeystoreFolder::has(std::string_view name) const {
  struct stat status {};
  return !folder_.empty() && check_name(name) && ::lstat(path(name).c_str(), &status) == 0;
}

std::string KeystoreFolder::path(std::string_view name, std::string_view suffix) const {
  return folder_ + "/" + std::string(name) + std::string(suffix);
}

// ---- reading -------------------------------------------------------------------------------------------------------

ipc::Result<std::string> KeystoreFolder::read(std::string_view name) const {
  if (const ipc::Status good = check_name(name); !good) return std::unexpected(good.error());
  if (folder_.empty()) return no_home();
  const std::string file = path(name);
  const ipc::Result<ipc::TrustedFile> entry = ipc::open_trusted(file, ipc::trust_user(::geteuid()), O_RDONLY);
  if (!entry && entry.error().sys_errno == ENOENT) {
    return ipc::fail(Fault::kConfig, "there is no stored key of profile '" + std::string(name) + "'",
                     "sentinel keys list shows those that there are");
  }
  struct stat folder {};
  if (::stat(folder_.c_str(), &folder) == 0) {
    if (const ipc::Status own = check_own(folder, folder_, S_IRWXG | S_IRWXO); !own)
      return std::unexpected(own.error());
  }
  if (!entry && entry.error().file_fault == ipc::FileFault::WritableByOthers)
    return ipc::fail(Fault::kConfig, file + " is open to others", "run chmod go= " + file);
  if (!entry) return std::unexpected(ipc::with_next_step(entry.error(), "check its rights"));
  if (entry->path != file && S_ISLNK(link_status(file))) {
    return ipc::fail(Fault::kConfig, file + " is a symbolic link, and is not followed", "move it away");
  }
  if (const ipc::Status own = check_own(entry->status, file, S_IRWXG | S_IRWXO); !own)
    return std::unexpected(own.error());
  std::optional<std::string> text = read_up_to(entry->fd.get(), kMaxFileBytes + 1);
  if (!text) return ipc::system_error("cannot read " + file, "check its disk");
  if (text->size() > kMaxFileBytes) {
    return ipc::fail(Fault::kConfig, file + " is longer than any stored key", "move it away, and add the key again");
  }
  return std::move(*text);
}

ipc::Result<std::vector<std::string>> KeystoreFolder::names() const {
  std::vector<std::string> found;
  if (folder_.empty()) return found;
  const ipc::Owned<DIR, ::closedir> folder(::opendir(folder_.c_str()));
  if (!folder && errno == ENOENT) return found;
  if (!folder) return ipc::system_error("cannot open " + folder_, "check its rights");
  while (const dirent* const entry = ::readdir(folder.get())) {
    std::string_view name(entry->d_name);
    if (!name.ends_with(kSuffix)) continue;
    name.remove_suffix(kSuffix.size());
    if (check_name(name)) found.emplace_back(name);
  }
  std::ranges::sort(found);
  return found;
}

// ---- changing ------------------------------------------------------------------------------------------------------

ipc::Status KeystoreFolder::prepare() const {
  if (folder_.empty()) return no_home();
  if (const ipc::Status made = make_all(folder_); !made) return made;
  struct stat status {};
  if (::lstat(folder_.c_str(), &status) != 0) return ipc::system_error("cannot look at " + folder_);
  if (!S_ISDIR(status.st_mode)) return ipc::fail(Fault::kConfig, folder_ + " is no folder", "move it away");
  if (status.st_uid == ::geteuid() && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) (void)::chmod(folder_.c_str(), 0700);
  if (::lstat(folder_.c_str(), &status) != 0) return ipc::system_error("cannot look at " + folder_);
  return check_own(status, folder_, S_IRWXG | S_IRWXO);
}

ipc::Status KeystoreFolder::write(std::string_view name, std::string_view text, std::string_view suffix) const {
  if (const ipc::Status good = check_name(name); !good) return good;
  if (const ipc::Status ready = prepare(); !ready) return ready;
  const std::string file = path(name, suffix);
  std::string beside = folder_ + "/." + std::string(name) + std::string(suffix) + ".XXXXXX";
  const ipc::UniqueFd fd(::mkostemp(beside.data(), O_CLOEXEC));  // mode 0600
  if (!fd) return ipc::system_error("cannot make a file in " + folder_, "look at its space and its rights");
  ipc::Status done = write_and_sync(fd.get(), text, file);
  if (done && ::rename(beside.c_str(), file.c_str()) != 0) done = ipc::system_error("cannot write " + file);
  if (!done) {
    (void)::unlink(beside.c_str());
    return done;
  }
  return sync_folder(folder_);
}

ipc::Status KeystoreFolder::remove(std::string_view name) const {
  if (const ipc::Status good = check_name(name); !good) return good;
  for (const std::string_view suffix : {".json", ".sealed-key", ".tpm-public", ".tpm-private"}) {
    if (::unlink(path(name, suffix).c_str()) == 0 || errno == ENOENT) continue;
    return ipc::system_error("cannot remove " + path(name, suffix), "check the rights of its folder");
  }
  return sync_folder(folder_);
}

}  // namespace broker
