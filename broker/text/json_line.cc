#include "text/json_line.h"

#include <array>
#include <charconv>

#include "ipc/text/utf8.h"

namespace broker {

namespace {

void append_escape(std::string& out, unsigned code) {
  static constexpr char kHex[] = "0123456789abcdef";
  const std::array<char, 6> escape{
      '\\', 'u', kHex[code >> 12 & 15], kHex[code >> 8 & 15], kHex[code >> 4 & 15], kHex[code & 15]};
  out.append(escape.data(), escape.size());
}

// Escapes for one valid sequence, or the sequence itself.
void append_sequence(std::string& out, std::string_view sequence) {
  const unsigned char c = static_cast<unsigned char>(sequence[0]);
  if (c == '"' || c == '\\') {
    out += '\\';
    out += sequence;
  } else if (c == '\n' || c == '\r' || c == '\t') {
    out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
  } else if (c < 0x20 || c == 0x7F || c == '<' || c == '>' || c == '&') {
    append_escape(out, c);
  } else if (c == 0xC2 && static_cast<unsigned char>(sequence[1]) < 0xA0) {
    append_escape(out, static_cast<unsigned char>(sequence[1]));  // C1 controls steer terminals too
  } else if (sequence == "\xE2\x80\xA8" || sequence == "\xE2\x80\xA9") {
    append_escape(out, sequence[2] == '\xA8' ? 0x2028 : 0x2029);
  } else {
    out += sequence;
  }
}

// Stands for itself: printable ASCII but quote, backslash, and what HTML would read.
constexpr bool is_plain(char c) {
  return c >= 0x20 && c < 0x7F && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&';
}

std::size_t plain_length(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && is_plain(text[length])) ++length;
  return length;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (true) {
    const std::size_t plain = plain_length(text);
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    const std::size_t length = ipc::utf8_length(text);
    if (length == 0) {
      out += "\\ufffd";
      text.remove_prefix(1);
      continue;
    }
    append_sequence(out, text.substr(0, length));
    text.remove_prefix(length);
  }
  out += '"';
}

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
  append_json_string(text_, value);
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
