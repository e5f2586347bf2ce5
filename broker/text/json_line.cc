#include "text/json_line.h"

#include <array>
#include <charconv>

#include "ipc/text/json_string.h"

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

void JsonText::before(std::string_view key) {
  if (!first_) text_ += ',';
  first_ = false;
  if (key.empty()) return;
  text_ += '"';
  text_ += key;
  text_ += "\":";
}

JsonText& JsonText::begin(std::string_view key, char bracket) {
  before(key);
  text_ += bracket;
  first_ = true;
  return *this;
}

JsonText& JsonText::end(char bracket) {
  text_ += bracket;
  first_ = false;
  return *this;
}

JsonText& JsonText::text(std::string_view key, std::string_view value) {
  before(key);
  ipc::append_json_string(text_, value);
  return *this;
}

JsonText& JsonText::number(std::string_view key, std::int64_t value) {
  before(key);
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  text_.append(digits.data(), end);
  return *this;
}

JsonText& JsonText::boolean(std::string_view key, bool value) {
  before(key);
  text_ += value ? "true" : "false";
  return *this;
}

JsonText& JsonText::raw(std::string_view key, std::string_view json) {
  before(key);
  text_ += json;
  return *this;
}

JsonText& JsonText::nothing(std::string_view key) {
  before(key);
  text_ += "null";
  return *this;
}

}  // namespace broker
