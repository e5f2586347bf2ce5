#include "yaml_reader.h"

#include <algorithm>

namespace broker {
namespace {

constexpr std::size_t kMaxName = 256;

// How to name a node in an error: by its key, or as an entry of a list.
std::string subject(const YamlNode& node) { return node.key.empty() ? "an entry of this list" : in_quotes(node.key); }

std::string_view kind_word(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kScalar:
      return "a single value";
    case YamlNode::Kind::kList:
      return "a list";
    case YamlNode::Kind::kMap:
      return "a mapping";
  }
  return "nothing";
}

std::string needs(const YamlNode& node, std::string_view wanted) {
  return subject(node) + " needs " + std::string(wanted) + ", and has " + std::string(kind_word(node));
}

}  // namespace

bool YamlReader::refuse(int line, const std::string& why, std::string next_step) {
  if (!error_.what.empty()) return false;
  error_.what = source_ + ":" + std::to_string(line) + ": " + context_ + why;
  error_.next_step = std::move(next_step);
  return false;
}

bool YamlReader::text(const YamlNode& node, std::size_t max_bytes, std::string& out) {
  if (node.kind != YamlNode::Kind::kScalar) return refuse(node.line, needs(node, "a text"));
  const std::string& text = node.text;
  if (text.empty()) return refuse(node.line, subject(node) + " is empty");
  if (text.size() > max_bytes) {
    return refuse(node.line, subject(node) + " is longer than " + std::to_string(max_bytes) + " bytes");
  }
  if (text.find_first_of("\r\n\t") != std::string::npos) {
    return refuse(node.line, subject(node) + " contains a line break or tab");
  }
  if (text.front() == ' ' || text.back() == ' ') {
    return refuse(node.line, subject(node) + " begins or ends with a blank: " + in_quotes(text));
  }
  out = text;
  return true;
}

bool YamlReader::yes_or_no(const YamlNode& node, bool& out) {
  const bool plain = node.kind == YamlNode::Kind::kScalar && !node.quoted;
  if (!plain || (node.text != "true" && node.text != "false")) {
    return refuse(node.line, subject(node) + " must be true or false");
  }
  out = node.text == "true";
  return true;
}

bool YamlReader::list(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::kList) {
    const bool single = node.kind == YamlNode::Kind::kScalar;
    return refuse(node.line, needs(node, "a list"), single ? "put it into brackets: [name]" : "");
  }
  if (node.children.empty()) {
    return refuse(node.line, subject(node) + " is an empty list", "leave the key out if it shall not matter");
  }
  return true;
}

bool YamlReader::twice(const YamlNode& node) { return refuse(node.line, in_quotes(node.text) + " is listed twice"); }

bool YamlReader::texts(const YamlNode& node, std::vector<std::string>& out) {
  if (!list(node)) return false;
  for (const YamlNode& item : node.children) {
    std::string value;
    if (!text(item, kMaxName, value)) return false;
    out.push_back(std::move(value));
  }
  std::vector<std::string> sorted = out;
  std::sort(sorted.begin(), sorted.end());
  const auto same = std::adjacent_find(sorted.begin(), sorted.end());
  if (same == sorted.end()) return true;
  const auto is_same = [&](const YamlNode& item) { return item.text == *same; };
  return twice(*std::find_if(node.children.rbegin(), node.children.rend(), is_same));
}

bool YamlReader::one_of(const YamlNode& node, std::span<const std::string_view> known, std::size_t& index) {
  if (node.kind != YamlNode::Kind::kScalar) return refuse(node.line, needs(node, "a word"));
  const auto found = std::find(known.begin(), known.end(), node.text);
  if (found != known.end()) {
    index = static_cast<std::size_t>(found - known.begin());
    return true;
  }
  const std::string what = node.key.empty() ? "" : node.key + " ";
  return refuse(node.line, "unknown " + what + in_quotes(node.text) + suggestion(node.text, known));
}

bool YamlReader::is_mapping(const YamlNode& node) {
  if (node.kind == YamlNode::Kind::kMap) return true;
  return refuse(node.line, needs(node, "a mapping of keys to values"));
}

bool YamlReader::unknown_key(const YamlNode& child, std::span<const std::string_view> known) {
  return refuse(child.key_line, "unknown key " + in_quotes(child.key) + suggestion(child.key, known));
}

}  // namespace broker
