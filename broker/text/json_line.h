// The JSON of the broker: a line of the log, the body of a request, and a secret in an answer (ipc/json/json_text.h).
//
// Blocks: never.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "ipc/json/json_text.h"
#include "ipc/secret.h"

namespace broker {

// The inside of a string that is a secret, into memory that is wiped: printable ASCII, which is all that AWS issues.
// False for anything else, and where there is no room: a key with such a byte is refused rather than translated.
[[nodiscard]] bool append_json_secret(ipc::SecretBuffer& out, std::string_view text);

using ipc::JsonText;

// One object without others in it: a line of the log, the body of a request.
class JsonLine {
 public:
  JsonLine() {
    text_.reserve(1024);
    text_.open_object();
  }
  JsonLine& text(std::string_view key, std::string_view value) { return added(text_.text(key, value)); }
  JsonLine& text_if(std::string_view key, std::string_view value) {  // leaves out an empty one
    return value.empty() ? *this : text(key, value);
  }
  JsonLine& number(std::string_view key, std::int64_t value) { return added(text_.number(key, value)); }
  JsonLine& raw(std::string_view key, std::string_view json) { return added(text_.raw(key, json)); }
  // The finished object; and as a line, newline included.
  [[nodiscard]] std::string object() && { return std::move(text_.close_object()).take(); }
  [[nodiscard]] std::string finish() && { return std::move(text_.close_object()).finish(); }

 private:
  JsonLine& added(JsonText&) { return *this; }
  JsonText text_;
};

}  // namespace broker
