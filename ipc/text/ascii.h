// ASCII characters and texts, whatever the locale says; <cctype> asks it, and is undefined for bytes above 127. Any
// other byte is left as it is.
//
// Blocks: never.   Owns: nothing: what is trimmed or split off points into the text.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace ipc {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_alphanumeric(char c) { return is_digit(c) || is_letter(c); }
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
constexpr char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

// Optional white space of an HTTP field (RFC 9110 5.6.3).
constexpr bool is_ows(char c) { return c == ' ' || c == '\t'; }

// Printable ASCII without spaces, and something of it. In a header a line end would begin another one.
constexpr bool is_visible(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

inline std::string lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}
inline std::string uppered(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = upper(c);
  return out;
}

constexpr std::string_view trimmed(std::string_view text, std::string_view blanks = " \t\r\n") {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// The parts between separators. Never empty: a text without a separator is one part, and so is an empty one.
inline std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find(separator, start), text.size());
    parts.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

// The same without those that are empty.
inline std::vector<std::string_view> split_words(std::string_view text, char separator) {
  std::vector<std::string_view> words = split(text, separator);
  std::erase(words, std::string_view());
  return words;
}

}  // namespace ipc
