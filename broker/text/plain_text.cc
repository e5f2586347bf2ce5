#include "text/plain_text.h"

#include "ipc/text/plain_text.h"
#include "ipc/text/utf8.h"

namespace broker {
namespace {

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
    const std::size_t length = ipc::utf8_length(text.substr(at));
    if (length == 0) return TextFault{at, "bytes that are not UTF-8"};
    const std::string_view why = ipc::why_not_plain(ipc::code_point(text.substr(at, length)));
    if (!why.empty()) return TextFault{at, why};
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

std::string with_commas(long number) {
  std::string out = std::to_string(number);
  for (std::size_t at = out.size(); at > (number < 0 ? 4U : 3U);) out.insert(at -= 3, 1, ',');
  return out;
}

}  // namespace broker
