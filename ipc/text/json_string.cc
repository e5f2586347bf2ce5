#include "ipc/text/json_string.h"

#include <algorithm>
#include <array>

#include "ipc/text/plain_text.h"
#include "ipc/text/utf8.h"

namespace ipc {
namespace {

void append_unit(std::string& out, std::uint32_t unit) {
  static constexpr char kHex[] = "0123456789abcdef";
  const std::array<char, 6> escape{
      '\\', 'u', kHex[unit >> 12 & 15], kHex[unit >> 8 & 15], kHex[unit >> 4 & 15], kHex[unit & 15]};
  out.append(escape.data(), escape.size());
}

void append_escape(std::string& out, std::uint32_t code) {
  if (code < 0x10000) return append_unit(out, code);
  append_unit(out, 0xD800 + ((code - 0x10000) >> 10));
  append_unit(out, 0xDC00 + ((code - 0x10000) & 0x3FF));
}

// Escapes for one valid sequence, or the sequence itself.
void append_sequence(std::string& out, std::string_view sequence) {
  const unsigned char c = static_cast<unsigned char>(sequence[0]);
  if (c == '"' || c == '\\') {
    out += '\\';
    out += sequence;
  } else if (c == '\n' || c == '\r' || c == '\t') {
    out += c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t";
  } else if (c == '<' || c == '>' || c == '&' || !why_not_plain(code_point(sequence)).empty()) {
    append_escape(out, code_point(sequence));
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
    const std::size_t length = utf8_length(text);
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

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string harmless_json(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  while (!json.empty()) {
    const std::size_t length = std::max<std::size_t>(utf8_length(json), 1);
    const std::string_view sequence = json.substr(0, length);
    const bool blank =
        sequence == "\t" || sequence == "\r" || sequence == "\n";  // between tokens: in a string it is an error
    if (blank) {
      out += ' ';
    } else if (utf8_length(json) == 0) {
      out += "\\ufffd";
    } else if (!why_not_plain(code_point(sequence)).empty()) {
      append_escape(out, code_point(sequence));
    } else {
      out += sequence;
    }
    json.remove_prefix(length);
  }
  return out;
}

}  // namespace ipc
