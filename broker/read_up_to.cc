#include "read_up_to.h"

#include <unistd.h>

#include <cerrno>

namespace broker {

std::optional<std::string> read_up_to(int fd, std::size_t most) {
  std::string text(most, '\0');
  std::size_t used = 0;
  while (used < text.size()) {
    const ssize_t got = ::read(fd, text.data() + used, text.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
  }
  text.resize(used);
  text.shrink_to_fit();
  return text;
}

}  // namespace broker
