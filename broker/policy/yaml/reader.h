// Strict readers for one YAML node each: a text, a yes or no, words of a closed list, a mapping of known keys.
//
// Blocks: never.   Owns: the first error.
// Fails: a reader answers false and keeps "source:line:column: context: reason"; the first refusal wins.
#pragma once

#include <bitset>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/text/nearest_word.h"
#include "ipc/result.h"
#include "policy/yaml/document.h"
#include "text/plain_text.h"

namespace broker {

inline constexpr std::size_t kMaxName = 256;      // bytes of a name, word or pattern
inline constexpr std::size_t kMaxEntries = 1000;  // of a list

class SchemaWalk;

class YamlReader {
 public:
  explicit YamlReader(std::string source) : source_(std::move(source)) {}

  // One row of a mapping's schema. The last three say it to people (policy/yaml/schema.h).
  template <class T>
  struct Field {
    std::string_view key;
    bool required;
    bool (*read)(YamlReader& in, const YamlNode& node, T& out);
    std::string_view type{}, meaning{};
    void (*inside)(SchemaWalk& walk, const std::string& path) = nullptr;  // the keys of its value
  };

  // Words put before each reason, such as the rule's name.
  void set_context(std::string context) { context_ = std::move(context); }
  [[nodiscard]] ipc::Error take_error() { return std::move(error_); }
  // At the value, or at its key.
  bool refuse(const YamlNode& at, const std::string& why, std::string next_step);
  bool refuse_key(const YamlNode& at, const std::string& why, std::string next_step);

  bool text(const YamlNode& node, std::size_t max_bytes, std::string& out);
  bool yes_or_no(const YamlNode& node, bool& out);
  bool list(const YamlNode& node);  // that it is one, not empty, and of bounded length
  bool texts(const YamlNode& node, std::vector<std::string>& out);
  // One of `known`, as its index.
  bool one_of(const YamlNode& node, std::span<const std::string_view> known, std::size_t& index);
  template <std::size_t N>
  bool words(const YamlNode& node, std::span<const std::string_view> known, std::bitset<N>& out);
  bool is_mapping(const YamlNode& node);
  template <class T, std::size_t N>
  bool mapping(const YamlNode& node, const Field<T> (&fields)[N], T& out);
  bool twice(const YamlNode& node);

 private:
  bool refuse_at(int line, int column, const std::string& why, std::string next_step);
  bool unknown_key(const YamlNode& child, std::span<const std::string_view> known);

  std::string source_;
  std::string context_;
  ipc::Error error_{ipc::Fault::kConfig, {}, {}, 0};
};

template <std::size_t N>
bool YamlReader::words(const YamlNode& node, std::span<const std::string_view> known, std::bitset<N>& out) {
  if (!list(node)) return false;
  out.reset();
  for (const YamlNode& item : node.children) {
    std::size_t index = 0;
    if (!one_of(item, known, index)) return false;
    if (out.test(index)) return twice(item);
    out.set(index);
  }
  return true;
}

template <class T, std::size_t N>
bool YamlReader::mapping(const YamlNode& node, const Field<T> (&fields)[N], T& out) {
  if (!is_mapping(node)) return false;
  std::string_view known[N];
  for (std::size_t i = 0; i < N; ++i) known[i] = fields[i].key;
  std::bitset<N> seen;
  for (const YamlNode& child : node.children) {
    std::size_t i = 0;
    while (i < N && known[i] != child.key) ++i;
    if (i == N) return unknown_key(child, known);
    if (!fields[i].read(*this, child, out)) return false;
    seen.set(i);
  }
  for (std::size_t i = 0; i < N; ++i) {
    if (fields[i].required && !seen.test(i)) {
      return refuse(node, "the key " + in_quotes(known[i]) + " is missing", "add it to this mapping");
    }
  }
  return true;
}

}  // namespace broker
