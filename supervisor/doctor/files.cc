#include "doctor/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "ipc/secret.h"
#include "ipc/unique_fd.h"

namespace supervisor {
namespace {

constexpr std::size_t kOfKernelFile = std::size_t{64} * 1024;  // those of /proc have no size

// Reads into room that does not move: what was read must be wiped in one place. Answers with the size, or -1.
ssize_t read_whole(int fd, off_t expected, std::string& room) {
  room.resize(expected > 0 ? static_cast<std::size_t>(expected) : kOfKernelFile);
  std::size_t size = 0;
  while (size < room.size()) {
    const ssize_t got = ::read(fd, room.data() + size, room.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  return static_cast<ssize_t>(size);
}

std::vector<std::string> folders_above(const std::string& path) {
  std::vector<std::string> folders{"/"};
  for (std::size_t at = path.find('/', 1); at != std::string::npos; at = path.find('/', at + 1)) {
    folders.push_back(path.substr(0, at));
  }
  return folders;
}

// What others than the user may do. A group that is the user's alone is no stranger.
mode_t bits_of_others(const Host& host, const struct stat& status) {
  const mode_t others = status.st_mode & S_IRWXO;
  return host.private_group == status.st_gid ? others : others | (status.st_mode & S_IRWXG) >> 3;
}

bool belongs_to_a_stranger(const Host& host, const struct stat& status) {
  return status.st_uid != host.uid && status.st_uid != host.uid_of_root;
}

}  // namespace

WipedText::~WipedText() { ipc::wipe(text_.data(), text_.capacity()); }

LookedAt look_at(const std::string& path) {
  const ipc::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd) {
    LookedAt gone;
    gone.how = errno == ENOENT || errno == ENOTDIR ? Reading::NotThere : Reading::NotReadable;
    return gone;
  }
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return {Reading::NotReadable, WipedText("")};
  if (status.st_size > static_cast<off_t>(kMaxLookedAt)) return {Reading::TooLong, WipedText("")};
  std::string room;
  const ssize_t size = read_whole(fd.get(), status.st_size, room);
  if (size < 0) {
    const WipedText gone(std::move(room));
    return {Reading::NotReadable, WipedText("")};
  }
  room.resize(static_cast<std::size_t>(size));
  return {Reading::Read, WipedText(std::move(room))};
}

std::string first_line(const std::string& path) {
  const ipc::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  char text[4096];
  const ssize_t got = fd ? ::read(fd.get(), text, sizeof text) : -1;
  const std::string_view whole(text, static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return std::string(whole.substr(0, whole.find('\n')));
}

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(folder.c_str()), ::closedir);
  while (const dirent* entry = open ? ::readdir(open.get()) : nullptr) {
    if (const std::string_view name = entry->d_name; name != "." && name != "..") names.emplace_back(name);
  }
  std::ranges::sort(names);
  return names;
}

std::optional<struct stat> status_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return status;
}

Others others_at(const Host& host, const std::string& path) {
  const auto file = status_of(host.at(path));
  if (!file) return {};
  bool reached = true, replaced = belongs_to_a_stranger(host, *file);
  for (const std::string& folder : folders_above(path)) {
    const auto status = status_of(host.at(folder));
    if (!status) continue;
    const mode_t bits = bits_of_others(host, *status);
    const bool may_put_another = (bits & S_IWOTH) && (bits & S_IXOTH) && !(status->st_mode & S_ISVTX);
    replaced = replaced || (reached && may_put_another) || belongs_to_a_stranger(host, *status);
    reached = reached && (bits & S_IXOTH) != 0;
  }
  const mode_t bits = bits_of_others(host, *file);
  return {reached && (bits & S_IROTH) != 0, replaced || (reached && (bits & S_IWOTH) != 0)};
}

bool belongs_to_root_alone(const Host& host, const std::string& path) {
  std::vector<std::string> all = folders_above(path);
  all.push_back(path);
  return std::ranges::all_of(all, [&](const std::string& each) {
    const auto status = status_of(host.at(each));
    return status && status->st_uid == host.uid_of_root && (status->st_mode & (S_IWGRP | S_IWOTH)) == 0;
  });
}

std::string shown_path(const Host& host, const std::string& path) {
  if (host.home.empty() || host.home == "/" || !path.starts_with(host.home + "/")) return path;
  return "~" + path.substr(host.home.size());
}

std::string for_shell(const std::vector<std::string>& paths) {
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-+@%:,";
  std::string out;
  for (const std::string& path : paths) {
    const std::size_t home = path.starts_with("~/") ? 2 : 0;  // which the shell makes whole only outside quotes
    const bool plain = path.find_first_not_of(kPlain, home) == std::string::npos;
    out += (out.empty() ? "" : " ") + path.substr(0, home) + (plain ? "" : "'");
    for (const char c : path.substr(home)) out += c == '\'' ? "'\\''" : std::string(1, c);
    out += plain ? "" : "'";
  }
  return out;
}

std::string listed(const std::vector<std::string>& names, std::string_view divider, std::size_t most) {
  std::string out;
  for (std::size_t i = 0; i < std::min(names.size(), most); ++i) {
    out += (i == 0 ? "" : std::string(divider)) + names[i];
  }
  if (names.size() > most) out += " and " + std::to_string(names.size() - most) + " more";
  return out;
}

}  // namespace supervisor
