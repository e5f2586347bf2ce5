#include "terminal/plain_text.h"

#include <algorithm>

#include "ipc/text/plain_text.h"
#include "ipc/text/utf8.h"

namespace supervisor {
namespace {

// How many bytes the character at the start of `text` takes; 0: none that may be shown.
std::size_t shown_bytes(std::string_view text) {
  const std::size_t size = ipc::utf8_length(text);
  if (size == 0) return 0;
  const bool breaks = text[0] == '\t' || text[0] == '\n' || text[0] == '\r';
  return breaks || !ipc::why_not_plain(ipc::code_point(text.substr(0, size))).empty() ? 0 : size;
}

}  // namespace

std::string harmless(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t size = shown_bytes(text);
    out += size == 0 ? "?" : std::string(text.substr(0, size));
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out;
}

}  // namespace supervisor
