// One YAML document as a small tree with places; the only file that includes yaml-cpp. It is YAML without its
// traps: no anchors, aliases or tags, no duplicate keys, no second document, no text that looks other than it is.
//
// Blocks: never.   Units: lines from 1; columns from 1, in bytes.
// Fails: kConfig; `what` is "source:line:column: reason". Nothing is thrown. What such a text has no use for, and what
// reads well behind it, is told and the tree goes on without it; behind broken YAML nothing can be read, and there is
// no tree. yaml-cpp 0.7 by itself lets through an open quote, a key that is there twice (the first counts), each
// document behind the first, and bytes that are no UTF-8.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "yaml/mistakes.h"

namespace broker {

struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;
  std::string text;  // of a scalar
  bool quoted = false;
  bool folded = false;   // without quotes, over several lines that became one
  bool told_of = false;  // its mistake is among the mistakes already
  int line = 1;
  int column = 1;
  std::string key;  // in a map: the key of this child, and where it stands
  int key_line = 1;
  int key_column = 1;
  std::vector<YamlNode> children;
};

inline constexpr std::size_t kMaxYamlBytes = 256 * 1024;
inline constexpr std::size_t kMaxYamlNodes = 64 * 1024;
inline constexpr std::size_t kMaxYamlDepth = 16;

std::optional<YamlNode> parse_yaml(std::string_view text, std::string_view source, Mistakes& mistakes);

}  // namespace broker
