// Writes JSON, member by member, in the order in which they are said, for whatever is printed; not a JSON library.
//
// The decision log's keys have a fixed order which jsoncpp does not keep, and one line is one write(2).
// Runs in: supervisor, sentinel-doctor, broker and its tools.   Blocks: never.
// Text is escaped as ipc/text/json_string.h says: a line can neither be broken nor steer a terminal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace ipc {

// A JSON text in the order in which it is said; commas are its own business. Keys are our words: plain ASCII.
class JsonText {
 public:
  JsonText& open_object(std::string_view key = {}) { return begin(key, '{'); }
  JsonText& open_list(std::string_view key = {}) { return begin(key, '['); }
  JsonText& close_object() { return end('}'); }
  JsonText& close_list() { return end(']'); }
  JsonText& text(std::string_view key, std::string_view value);  // in a list: with an empty key
  JsonText& text_or_null(std::string_view key, std::string_view value) {
    return value.empty() ? nothing(key) : text(key, value);
  }
  JsonText& number(std::string_view key, std::int64_t value);
  JsonText& boolean(std::string_view key, bool value);
  JsonText& nothing(std::string_view key);
  JsonText& raw(std::string_view key, std::string_view json);  // a value that is JSON already
  void reserve(std::size_t bytes) { text_.reserve(bytes); }
  [[nodiscard]] const std::string& so_far() const { return text_; }
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

}  // namespace ipc
