#include "ipc/terminal/wrap.h"

namespace ipc {

std::string wrapped(std::string_view text, std::size_t indent, std::size_t column, std::size_t width) {
  std::string out;
  for (bool first = true; !text.empty(); first = false) {
    const std::size_t space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    text = space == std::string_view::npos ? std::string_view{} : text.substr(space + 1);
    if (!first && column + 1 + word.size() > width) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (!first) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out;
}

}  // namespace ipc
