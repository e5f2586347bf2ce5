// The keys that mappings may have, as their Field tables say them: walked for people, by the same rows that the readers
// go by, so that no reference can know another key than the loader.
//
// Runs in: the tools that print it.   Blocks: never.   Owns: the list.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "yaml/reader.h"

namespace broker {

struct SchemaKey {
  std::string path;  // "rules[].conditions.mode"; [] stands for the entries of a list
  bool required = false;
  std::string_view type, meaning;
};

class SchemaWalk {
 public:
  // The keys of one table, each followed by those inside it. A table that was met before is not said again.
  template <const auto& kFields>
  void table(const std::string& path) {
    static_assert(says_all(kFields), "each key has a type and a meaning");
    if (!met_.insert(&kFields).second) return;
    for (const auto& field : kFields) {
      const std::string key = path.empty() ? std::string(field.key) : path + "." + std::string(field.key);
      keys_.push_back({key, field.required, field.type, field.meaning});
      if (field.inside != nullptr) field.inside(*this, key);
    }
  }
  [[nodiscard]] std::vector<SchemaKey> take() { return std::move(keys_); }

 private:
  static constexpr bool says_all(const auto& fields) {
    for (const auto& field : fields) {
      if (field.type.empty() || field.meaning.empty()) return false;
    }
    return true;
  }

  std::vector<SchemaKey> keys_;
  std::set<const void*> met_;
};

}  // namespace broker
