// Strict readers for one YAML node each: a text, a yes or no, words of a closed list, a mapping of known keys.
//
// Blocks: never.   Owns: the mistakes.
// Fails: a reader answers false and keeps "source:line:column: context: reason". Behind a mistake the reading goes on,
// so that an author sees all of them at once; what was read is then not to be used.
#pragma once

#include <bitset>
#include <initializer_list>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/result.h"
#include "ipc/text/nearest_word.h"
#include "text/plain_text.h"
#include "yaml/document.h"
#include "yaml/mistakes.h"

namespace broker {

inline constexpr std::size_t kMaxName = 256;      // bytes of a name, word or pattern
inline constexpr std::size_t kMaxEntries = 1000;  // of a list

class SchemaWalk;

// What became of a mapping's keys. What two keys demand of each other is looked at where each by itself is good: a
// mistake that follows from another is not told.
class MappingKeys {
 public:
  [[nodiscard]] bool all_good() const { return good_; }
  operator bool() const { return good_; }
  // None of these was wrong or missing, and no key is unknown, which one of these may have been meant with.
  [[nodiscard]] bool sound(std::span<const std::string_view> keys) const;
  [[nodiscard]] bool sound(std::initializer_list<std::string_view> keys) const {
    return sound(std::span(keys.begin(), keys.size()));
  }
  void found_wrong(std::string_view key) { good_ = false, wrong_.push_back(key); }
  void found_unknown() { good_ = false, unknown_ = true; }
  [[nodiscard]] bool any_unknown() const { return unknown_; }

 private:
  bool good_ = true, unknown_ = false;
  std::vector<std::string_view> wrong_;
};

class YamlReader {
 public:
  YamlReader(std::string source, Mistakes& mistakes) : source_(std::move(source)), mistakes_(mistakes) {}

  // One row of a mapping's schema. The last three say it to people (yaml/schema.h).
  template <class T>
  struct Field {
    std::string_view key;
    bool required;
    bool (*read)(YamlReader& in, const YamlNode& node, T& out);
    std::string_view type{}, meaning{};
    void (*inside)(SchemaWalk& walk, const std::string& path) = nullptr;  // the keys of its value
  };

  // "source:line:column" of a value, for what is found wrong with it when the whole text is read.
  [[nodiscard]] std::string place(const YamlNode& node) const;
  // What a schema says of a key that it does not know, where it has more to say than that: whether it said so.
  using UnknownKey = bool (*)(YamlReader& in, const YamlNode& child);

  // Words put before each reason, such as the rule's name.
  void set_context(std::string context) { context_ = std::move(context); }
  // At the value, or at its key. Always false. A node of which the document's own reader has told is not told of again.
  bool refuse(const YamlNode& at, const std::string& why, std::string next_step);
  bool refuse_key(const YamlNode& at, const std::string& why, std::string next_step);

  bool text(const YamlNode& node, std::size_t max_bytes, std::string& out);
  bool yes_or_no(const YamlNode& node, bool& out);
  bool list(const YamlNode& node);  // that it is one, not empty, and of bounded length
  bool texts(const YamlNode& node, std::vector<std::string>& out);
  // The texts of a list whose entries each must pass `check`, which tells what is wrong.
  template <class Check>
  bool texts(const YamlNode& node, std::vector<std::string>& out, Check check);
  // One of `known`, as its index.
  bool one_of(const YamlNode& node, std::span<const std::string_view> known, std::size_t& index);
  template <std::size_t N>
  bool words(const YamlNode& node, std::span<const std::string_view> known, std::bitset<N>& out);
  bool is_mapping(const YamlNode& node);
  template <class T, std::size_t N>
  MappingKeys mapping(const YamlNode& node, const Field<T> (&fields)[N], T& out, UnknownKey unknown = {});
  bool twice(const YamlNode& node);

 private:
  [[nodiscard]] std::string place_at(int line, int column) const;
  bool refuse_at(int line, int column, const std::string& why, std::string next_step);
  bool unknown_key(const YamlNode& child, std::span<const std::string_view> known);

  std::string source_;
  std::string context_;
  Mistakes& mistakes_;
};

// Reads each child with `read`, also those behind a wrong one; false when one was wrong.
template <class Read>
bool read_each(const YamlNode& node, Read read) {
  bool good = true;
  for (const YamlNode& child : node.children) good &= static_cast<bool>(read(child));
  return good;
}

template <std::size_t N>
bool YamlReader::words(const YamlNode& node, std::span<const std::string_view> known, std::bitset<N>& out) {
  if (!list(node)) return false;
  out.reset();
  return read_each(node, [&](const YamlNode& item) {
    std::size_t index = 0;
    if (!one_of(item, known, index)) return false;
    if (out.test(index)) return twice(item);
    out.set(index);
    return true;
  });
}

template <class Check>
bool YamlReader::texts(const YamlNode& node, std::vector<std::string>& out, Check check) {
  if (!list(node)) return false;
  std::set<std::string> seen;
  return read_each(node, [&](const YamlNode& item) {
    std::string value;
    if (!text(item, kMaxName, value) || !check(item, value)) return false;
    if (!seen.insert(value).second) return twice(item);
    out.push_back(std::move(value));
    return true;
  });
}

template <class T, std::size_t N>
MappingKeys YamlReader::mapping(const YamlNode& node, const Field<T> (&fields)[N], T& out, UnknownKey unknown) {
  MappingKeys keys;
  if (!is_mapping(node)) {
    keys.found_unknown();
    return keys;
  }
  std::string_view known[N];
  for (std::size_t i = 0; i < N; ++i) known[i] = fields[i].key;
  std::bitset<N> seen;
  for (const YamlNode& child : node.children) {
    std::size_t i = 0;
    while (i < N && known[i] != child.key) ++i;
    if (i == N) {
      if (unknown == nullptr || !unknown(*this, child)) unknown_key(child, known);
      keys.found_unknown();
      continue;
    }
    if (!fields[i].read(*this, child, out)) keys.found_wrong(known[i]);
    seen.set(i);
  }
  for (std::size_t i = 0; i < N; ++i) {
    if (!fields[i].required || seen.test(i)) continue;
    // An unknown key is most often the one that is missing, misspelt.
    if (!keys.any_unknown()) refuse(node, "the key " + in_quotes(known[i]) + " is missing", "add it to this mapping");
    keys.found_wrong(known[i]);
  }
  return keys;
}

// A whole text by the reader of its root, which fills `out`: that, or every mistake.
template <class T>
Read<T> read_yaml(std::string_view text, std::string source, T out,
                  bool (*read)(YamlReader& in, const YamlNode& root, T& out)) {
  Mistakes mistakes;
  const std::optional<YamlNode> root = parse_yaml(text, source, mistakes);
  YamlReader reader(std::move(source), mistakes);
  const bool good = root && read(reader, *root, out);
  if (good && mistakes.none()) return out;
  return std::unexpected(std::move(mistakes));
}

}  // namespace broker
