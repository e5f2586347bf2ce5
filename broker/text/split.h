// The parts of a text between separators.
//
// Runs in: broker and its tools.   Blocks: never.   Owns: nothing: the parts point into the text.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

namespace broker {

// Never empty: a text without a separator is one part, and so is an empty one.
inline std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find(separator, start), text.size());
    parts.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

}  // namespace broker
