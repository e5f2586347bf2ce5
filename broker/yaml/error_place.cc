#include "yaml/error_place.h"

#include <algorithm>

#include "text/plain_text.h"

namespace broker {
namespace {

constexpr std::size_t kMaxShown = 120;

// The digits before ": " or ":"; takes them away. 0 where there are none.
int take_number(std::string_view& text) {
  const std::size_t end = text.find_first_not_of("0123456789");
  if (end == 0 || end > 9 || end == std::string_view::npos || text[end] != ':') return 0;
  int value = 0;
  for (const char digit : text.substr(0, end)) value = value * 10 + (digit - '0');
  text.remove_prefix(end + 1);
  return value;
}

std::string_view line_of(std::string_view text, int number) {
  for (; number > 1 && !text.empty(); --number) {
    const std::size_t end = text.find('\n');
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  std::string_view line = text.substr(0, text.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::size_t characters(std::string_view text) {
  return text.size() - static_cast<std::size_t>(std::ranges::count_if(text, continues));
}

}  // namespace

ErrorPlace place_of(const ipc::Error& error, std::string_view source) {
  ErrorPlace place{0, 0, error.what};
  std::string_view rest = error.what;
  if (!rest.starts_with(source) || rest.substr(source.size(), 1) != ":") return place;
  rest.remove_prefix(source.size() + 1);
  place.line = take_number(rest);
  if (place.line == 0) return place;
  place.column = take_number(rest);
  if (rest.starts_with(' ')) rest.remove_prefix(1);
  place.reason = rest;
  return place;
}

ShownLine show_line(std::string_view text, const ErrorPlace& place) {
  std::string_view line = line_of(text, place.line);
  const std::size_t column = static_cast<std::size_t>(std::max(place.column, 1)) - 1;
  std::size_t from = 0;
  if (line.size() > kMaxShown && column > kMaxShown / 2) from = std::min(column - kMaxShown / 2, line.size());
  while (from < line.size() && continues(line[from])) ++from;
  std::size_t length = std::min(kMaxShown, line.size() - from);
  while (length > 0 && from + length < line.size() && continues(line[from + length])) --length;
  const std::size_t before = std::min(column, line.size());
  ShownLine shown{harmless(line.substr(from, length)), {}};
  if (place.column > 0 && before >= from) {
    shown.caret = std::string(characters(line.substr(from, before - from)), ' ') + "^";
  }
  return shown;
}

}  // namespace broker
