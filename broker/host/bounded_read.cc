#include "host/bounded_read.h"

#include <unistd.h>

#include <cerrno>

namespace broker {
namespace {

// `read_at(room, size, used)` is one read(2), or one pread(2) behind what is there already.
template <class ReadAt>
std::optional<std::string> fill(std::size_t most, ReadAt&& read_at) {
  std::string text(most, '\0');
  std::size_t used = 0;
  while (used < text.size()) {
    const ssize_t got = read_at(text.data() + used, text.size() - used, used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
  }
  text.resize(used);
  text.shrink_to_fit();
  return text;
}

}  // namespace

std::optional<std::string> read_up_to(int fd, std::size_t most) {
  return fill(most, [fd](char* room, std::size_t size, std::size_t) { return ::read(fd, room, size); });
}

std::optional<std::string> read_from_start(int fd, std::size_t most) {
  return fill(most, [fd](char* room, std::size_t size, std::size_t used) {
    return ::pread(fd, room, size, static_cast<off_t>(used));
  });
}

}  // namespace broker
