// Walks strictly over one JSON value and keeps the bytes: where each member of an object begins and ends.
//
// Why not jsoncpp, which reads everything else: a signed line is judged by its bytes. jsoncpp forgets in what order the
// members came and how a number was written, and takes text that is not UTF-8; two readers of such a line could see two
// things under one good signature. And what it copies of a secret it does not wipe. What needs only the values, and has
// no secret in it, uses jsoncpp (call/json_failure.h).
//
// Runs in: broker and its tools.   Blocks: never.   Source: RFC 8259.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "ipc/secret.h"

namespace broker {

inline constexpr int kMaxJsonDepth = 16;

// The text of a JSON string, quotes included; nothing where it is malformed, not UTF-8 or half a surrogate pair.
std::optional<std::string> decode_json_string(std::string_view literal);

// The same for a text that may be a secret: it is wiped when it goes, however short.
class SecretJsonText {
 public:
  explicit SecretJsonText(std::string_view literal) : text_(decode_json_string(literal)) {}
  ~SecretJsonText() {
    if (text_) ipc::wipe(text_->data(), text_->size());
  }
  SecretJsonText(const SecretJsonText&) = delete;
  SecretJsonText& operator=(const SecretJsonText&) = delete;
  explicit operator bool() const { return text_.has_value(); }
  [[nodiscard]] const std::string& reveal() const { return *text_; }

 private:
  std::optional<std::string> text_;
};

// Calls `member(key, value)` for each member of the object that `json` is, in order; `value` is its bytes. False, at
// once, for anything that is not one valid JSON object, and for a member whose call returns false.
using JsonMember = std::function<bool(std::string key, std::string_view value)>;
bool walk_json_object(std::string_view json, const JsonMember& member);

}  // namespace broker
