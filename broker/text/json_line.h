// Writes JSON, member by member, in the order in which they are said, for whatever the broker and its tools print; not
// a JSON library.
//
// The decision log's keys have a fixed order which jsoncpp does not keep, and one line is one write(2).
// Blocks: never.
// Text is escaped as ipc/text/json_string.h says: a line can neither be broken nor steer a terminal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "ipc/secret.h"

namespace broker {

// The inside of a string that is a secret, into memory that is wiped: printable ASCII, which is all that AWS issues.
// False for anything else, and where there is no room: a key with such a byte is refused rather than translated.
[[nodiscard]] bool append_json_secret(ipc::SecretBuffer& out, std::string_view text);

// A JSON text in the order in which it is said; commas are its own business. Keys are our words: plain ASCII.
class JsonText {
 public:
  JsonText& open_object(std::string_view key = {}) { return begin(key, '{'); }
  JsonText& open_list(std::string_view key = {}) { return begin(key, '['); }
  JsonText& close_object() { return end('}'); }
  JsonText& close_list() { return end(']'); }
  JsonText& text(std::string_view key, std::string_view value);  // in a list: with an empty key
  JsonText& number(std::string_view key, std::int64_t value);
  JsonText& boolean(std::string_view key, bool value);
  JsonText& nothing(std::string_view key);
  JsonText& raw(std::string_view key, std::string_view json);  // a value that is JSON already
  void reserve(std::size_t bytes) { text_.reserve(bytes); }
  [[nodiscard]] std::string take() && { return std::move(text_); }
  [[nodiscard]] std::string finish() && {
    text_ += '\n';
    return std::move(text_);
  }

 private:
  void before(std::string_view key);
  JsonText& begin(std::string_view key, char bracket);
  JsonText& end(char bracket);
  std::string text_;
  bool first_ = true;
};

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
