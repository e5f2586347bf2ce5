#include "ipc/terminal/roff.h"

namespace ipc {

std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) {
      out += std::string("\\&") + c;
    } else {
      out += c;
    }
  }
  return out;
}

std::string roff_item(std::string_view head, std::string_view text) {
  return ".TP\n.B " + roff(head) + "\n" + roff(text) + ".\n";
}

}  // namespace ipc
