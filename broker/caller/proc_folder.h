// The smallest steps through /proc: its paths, its folders, its numbers. Nothing allocates.
//
// Runs in: witness.   Blocks: never.
#pragma once

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <string_view>

#include "ipc/unique_fd.h"

namespace broker {

struct Path {
  char text[64];
};
inline Path path_of(pid_t pid, const char* below) {
  Path path;
  std::snprintf(path.text, sizeof path.text, "%d/%s", pid, below);
  return path;
}

inline ipc::UniqueFd open_at(int folder, const char* path, int flags) {
  return ipc::UniqueFd(::openat(folder, path, O_RDONLY | O_CLOEXEC | flags));
}

// -1 for anything but a positive decimal number, such as "self" or "..".
inline pid_t number_of(std::string_view text) {
  pid_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value > 0 ? value : -1;
}

// The kernel's own form; libc's readdir allocates.
struct KernelEntry {
  std::uint64_t inode;
  std::int64_t offset;
  std::uint16_t length;
  std::uint8_t type;
  char name[];
};

// Calls visit(name) for each entry until it says false. Returns whether it said so.
template <class Visit>
bool each_entry(const ipc::UniqueFd& folder, Visit&& visit) {
  alignas(KernelEntry) char buffer[8192];
  while (folder) {
    const long got = ::syscall(SYS_getdents64, folder.get(), buffer, sizeof buffer);
    if (got <= 0) return false;
    for (long at = 0; at < got;) {
      const auto* entry = reinterpret_cast<const KernelEntry*>(buffer + at);
      if (!visit(std::string_view(entry->name))) return true;
      at += entry->length;
    }
  }
  return false;
}

}  // namespace broker
