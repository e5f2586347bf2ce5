#include "run_files/mount_watch.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace supervisor {
namespace {

// Blanks, tabs, newlines and backslashes stand there as \040 and the like.
std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
    const std::string_view digits = text.substr(std::min(i + 1, text.size()), 3);
    if (text[i] == '\\' && digits.size() == 3 && std::ranges::all_of(digits, is_octal)) {
      plain += static_cast<char>((digits[0] - '0') * 64 + (digits[1] - '0') * 8 + (digits[2] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

bool lies_at_or_below(std::string_view path, std::string_view folder) {
  if (folder == "/" || path == folder) return true;
  return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

std::string_view take(std::string_view& rest, char end) {
  const std::size_t at = std::min(rest.find(end), rest.size());
  const std::string_view part = rest.substr(0, at);
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return part;
}

}  // namespace

std::set<std::string> mounts_over(std::string_view mountinfo, const std::vector<std::string>& paths) {
  std::set<std::string> mounts;
  while (!mountinfo.empty()) {
    std::string_view line = take(mountinfo, '\n');
    const std::string_view id = take(line, ' ');
    for (int skipped = 0; skipped < 3; ++skipped) (void)take(line, ' ');  // parent, device, root
    const std::string point = unescaped(take(line, ' '));
    const bool decides = std::ranges::any_of(paths, [&point](const std::string& path) {
      return lies_at_or_below(path, point) || lies_at_or_below(point, path);
    });
    if (decides) mounts.insert(std::string(id) + " " + point);
  }
  return mounts;
}

void MountWatch::begin(std::vector<std::string> paths) {
  paths_ = std::move(paths);
  table_ = ipc::UniqueFd(::open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC));
  pollfd from_now{table_.get(), POLLPRI, 0};
  (void)::poll(&from_now, 1, 0);  // what is told is what comes after this
  known_ = now();
}

std::set<std::string> MountWatch::now() const {
  std::string text;
  char part[4096];
  off_t at = 0;
  for (ssize_t got; table_ && (got = ::pread(table_.get(), part, sizeof part, at)) > 0; at += got)
    text.append(part, static_cast<std::size_t>(got));
  return mounts_over(text, paths_);
}

std::optional<std::string> MountWatch::look() {
  pollfd since{table_.get(), POLLPRI, 0};  // the caller may have been woken by something else
  changed_ = ::poll(&since, 1, 0) > 0 || changed_;
  if (!std::exchange(changed_, false)) return std::nullopt;
  std::set<std::string> mounts = now();
  std::vector<std::string> fresh;
  std::ranges::set_difference(mounts, known_, std::back_inserter(fresh));
  known_ = std::move(mounts);
  if (fresh.empty()) return std::nullopt;
  return fresh.front().substr(fresh.front().find(' ') + 1);
}

}  // namespace supervisor
