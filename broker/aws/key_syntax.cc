#include "aws/key_syntax.h"

#include "text/ascii.h"

namespace broker {

std::string_view fault_of_key_text(std::string_view text) {
  constexpr std::string_view kQuotes = "\"'`", kLineEnds = "\r\n", kBlanks = " \t\r\n";
  if (text.empty()) return "is empty";
  if (kLineEnds.contains(text.back())) return "ends with a line break; CI secrets often do";
  if (kBlanks.contains(text.front())) return "begins with a blank or a line break";
  if (kBlanks.contains(text.back())) return "ends with a blank";
  if (kQuotes.contains(text.front()) || kQuotes.contains(text.back()))
    return "begins or ends with a quote, which is taken for a part of it";
  if (text.find_first_of(kLineEnds) != std::string_view::npos) return "has a line break in it";
  if (text.find_first_of(kBlanks) != std::string_view::npos) return "has a blank in it";
  if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }))
    return "has a character in it that is none of ASCII, such as a typographic quote or a byte order mark";
  return is_visible(text) ? "" : "has a control character in it";
}

}  // namespace broker
