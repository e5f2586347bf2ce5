#include "text/json_line.h"

namespace broker {

bool append_json_secret(ipc::SecretBuffer& out, std::string_view text) {
  unsigned char strange = 0, special = 0;  // no branches in this loop: the compiler looks at many bytes at once
  for (const char c : text) {
    strange |= static_cast<unsigned char>(c < 0x20) | static_cast<unsigned char>(c > 0x7E);
    special |= static_cast<unsigned char>(c == '"') | static_cast<unsigned char>(c == '\\');
  }
  if (strange) return false;
  if (!special) return out.append(text);
  std::size_t written = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '"' && text[i] != '\\') continue;
    if (!out.append(text.substr(written, i - written)) || !out.append("\\")) return false;
    written = i;
  }
  return out.append(text.substr(written));
}

}  // namespace broker
