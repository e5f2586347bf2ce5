#include "yaml/reader.h"

#include <algorithm>

namespace broker {
namespace {

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

bool MappingKeys::sound(std::span<const std::string_view> keys) const {
  const auto is_wrong = [this](std::string_view key) { return std::ranges::find(wrong_, key) != wrong_.end(); };
  return !unknown_ && std::ranges::none_of(keys, is_wrong);
}

std::string YamlReader::place_at(int line, int column) const {
  return source_ + ":" + std::to_string(line) + ":" + std::to_string(column);
}

std::string YamlReader::place(const YamlNode& node) const { return place_at(node.line, node.column); }

bool YamlReader::refuse_at(int line, int column, const std::string& why, std::string next_step) {
  mistakes_.add({ipc::Fault::kConfig, place_at(line, column) + ": " + context_ + why, std::move(next_step), 0});
  return false;
}

bool YamlReader::refuse(const YamlNode& at, const std::string& why, std::string next_step) {
  return !at.told_of && refuse_at(at.line, at.column, why, std::move(next_step));
}

bool YamlReader::refuse_key(const YamlNode& at, const std::string& why, std::string next_step) {
  return refuse_at(at.key_line, at.key_column, why, std::move(next_step));
}

bool YamlReader::text(const YamlNode& node, std::size_t max_bytes, std::string& out) {
  if (node.kind != YamlNode::Kind::kScalar) return refuse(node, needs(node, "a text"), "write one value here");
  const std::string& text = node.text;
  if (text.empty()) return refuse(node, subject(node) + " is empty", "write a value, or leave it out");
  if (text.size() > max_bytes) {
    return refuse(node, subject(node) + " is longer than " + std::to_string(max_bytes) + " bytes", "shorten it");
  }
  if (text.find_first_of("\r\n\t") != std::string::npos) {
    return refuse(node, subject(node) + " contains a line break or tab", "write it in one line");
  }
  if (text.front() == ' ' || text.back() == ' ') {
    return refuse(node, subject(node) + " begins or ends with a blank: " + in_quotes(text), "take the blank away");
  }
  out = text;
  return true;
}

bool YamlReader::yes_or_no(const YamlNode& node, bool& out) {
  const bool plain = node.kind == YamlNode::Kind::kScalar && !node.quoted;
  if (!plain || (node.text != "true" && node.text != "false")) {
    return refuse(node, subject(node) + " must be true or false", "write one of them, without quotes");
  }
  out = node.text == "true";
  return true;
}

bool YamlReader::list(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::kList) return refuse(node, needs(node, "a list"), "put it into brackets: [name]");
  if (node.children.empty()) {
    return refuse(node, subject(node) + " is an empty list", "leave the key out if it shall not matter");
  }
  if (node.children.size() <= kMaxEntries) return true;
  return refuse(node, subject(node) + " has more than " + std::to_string(kMaxEntries) + " entries",
                "use a glob, or several rules");
}

bool YamlReader::twice(const YamlNode& node) {
  return refuse(node, in_quotes(node.text) + " is listed twice", "list it once");
}

bool YamlReader::texts(const YamlNode& node, std::vector<std::string>& out) {
  return texts(node, out, [](const YamlNode&, const std::string&) { return true; });
}

bool YamlReader::one_of(const YamlNode& node, std::span<const std::string_view> known, std::size_t& index) {
  if (node.kind != YamlNode::Kind::kScalar) {
    return refuse(node, needs(node, "a word") + ipc::suggestion("", known), "write one of these words");
  }
  const auto found = std::find(known.begin(), known.end(), node.text);
  if (found != known.end()) {
    index = static_cast<std::size_t>(found - known.begin());
    return true;
  }
  const std::string what = node.key.empty() ? "" : node.key + " ";
  return refuse(node, "unknown " + what + in_quotes(node.text) + ipc::suggestion(node.text, known),
                "write one of the known words exactly so");
}

bool YamlReader::is_mapping(const YamlNode& node) {
  if (node.kind == YamlNode::Kind::kMap) return true;
  return refuse(node, needs(node, "a mapping of keys to values"), "write keys with their values: { key: value }");
}

bool YamlReader::unknown_key(const YamlNode& child, std::span<const std::string_view> known) {
  return refuse_key(child, "unknown key " + in_quotes(child.key) + ipc::suggestion(child.key, known),
                    "correct the key or take it out; nothing that is written here is ignored");
}

}  // namespace broker
