#include "text/plain_text.h"

#include <cstdint>

#include "text/utf8.h"

namespace broker {
namespace {

struct Range {
  std::uint32_t first, last;
  std::string_view why;
};

constexpr Range kRefused[] = {
    {0x00, 0x08, "a control character"},
    {0x0B, 0x0C, "a control character"},
    {0x0E, 0x1F, "a control character"},
    {0x7F, 0x9F, "a control character"},
    {0xAD, 0xAD, "an invisible character"},
    {0x034F, 0x034F, "an invisible character"},
    {0x061C, 0x061C, "a character that changes the direction of text"},
    {0x115F, 0x1160, "an invisible character"},
    {0x17B4, 0x17B5, "an invisible character"},
    {0x180B, 0x180F, "an invisible character"},
    {0x200B, 0x200F, "an invisible character"},
    {0x2028, 0x2029, "a line separator that editors do not show"},
    {0x202A, 0x202E, "a character that changes the direction of text"},
    {0x2060, 0x206F, "an invisible character"},
    {0x3164, 0x3164, "an invisible character"},
    {0xFE00, 0xFE0F, "an invisible character"},
    {0xFEFF, 0xFEFF, "a byte order mark"},
    {0xFFA0, 0xFFA0, "an invisible character"},
    {0xFFF9, 0xFFFF, "a character that is none"},
    {0xE0000, 0xE0FFF, "an invisible character"},
};

constexpr std::size_t kMaxQuoted = 60;

}  // namespace

std::string in_quotes(std::string_view text) {
  const bool cut_short = text.size() > kMaxQuoted;
  std::size_t end = cut_short ? kMaxQuoted : text.size();
  while (cut_short && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // whole characters
  std::string out = "\"";
  for (char c : text.substr(0, end)) out += c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
  return out + (cut_short ? "...\"" : "\"");
}

std::optional<TextFault> text_fault(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text.substr(at));
    if (length == 0) return TextFault{at, "bytes that are not UTF-8"};
    const std::uint32_t point = code_point(text.substr(at, length));
    for (const Range& range : kRefused) {
      if (point >= range.first && point <= range.last) return TextFault{at, range.why};
    }
    const bool bare_return = text[at] == '\r' && (at + 1 == text.size() || text[at + 1] != '\n');
    if (bare_return) return TextFault{at, "a carriage return that ends no line"};
    at += length;
  }
  return std::nullopt;
}

std::string harmless(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c == '\n' || c == '\t' || c == '\r') c = ' ';
  }
  // Each fault is at the first byte of what is wrong; the bytes that continue it are faults of their own then.
  std::size_t from = 0;
  while (from < out.size()) {
    const auto fault = text_fault(std::string_view(out).substr(from));
    if (!fault) break;
    from += fault->offset;
    out[from++] = '?';
  }
  return out;
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  for (const char c : text) {
    if (c == '\n' || c == '\r') break;  // AWS appends the canonical request, with the session token, on further lines
    if (out.size() == limit) return out + "...";
    out += c >= ' ' && c <= '~' ? c : '?';
  }
  return out;
}

}  // namespace broker
