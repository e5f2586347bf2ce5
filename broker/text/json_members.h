// The members of one JSON object by their names, each read as what it must be: a text, a secret, a number. For answers
// and files in which a member of the wrong type, or one that is there twice, is a reason to believe none of it.
//
// Blocks: never.   Owns: the names; the values are views into the text, which outlives it.
// Fails: kProtocol; the sentence begins with a verb ("has no accessToken"), and quotes no value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ipc/result.h"
#include "ipc/secret.h"

namespace broker {

class JsonMembers {
 public:
  [[nodiscard]] static ipc::Result<JsonMembers> read(std::string_view json);

  // A member that is null is as good as none.
  [[nodiscard]] bool has(std::string_view name) const { return !value(name).empty(); }
  // Printable ASCII without spaces, which fits any header: such are tokens, ids and URLs.
  [[nodiscard]] ipc::Result<std::string> text(std::string_view name, std::size_t most) const;
  [[nodiscard]] ipc::Result<ipc::SecretBuffer> secret(std::string_view name, std::size_t most) const;
  // Whole, from `least` to `most`.
  [[nodiscard]] ipc::Result<std::int64_t> number(std::string_view name, std::int64_t least, std::int64_t most) const;
  // The bytes of an object.
  [[nodiscard]] ipc::Result<std::string_view> object(std::string_view name) const;
  // In their order.
  [[nodiscard]] const std::vector<std::pair<std::string, std::string_view>>& all() const { return members_; }

 private:
  [[nodiscard]] std::string_view value(std::string_view name) const;

  std::vector<std::pair<std::string, std::string_view>> members_;
};

}  // namespace broker
