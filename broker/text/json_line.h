// Builds one line of JSON, member by member, in the order in which they are added; not a JSON library.
//
// The decision log's keys have a fixed order which jsoncpp does not keep, and one line is one write(2).
// Runs in: broker.   Blocks: never.
// Bytes that are not valid UTF-8 become U+FFFD; control characters, quotes, DEL, U+2028 and U+2029 are escaped, so a
// line can neither be broken nor steer a terminal. < > and & are escaped because Go's encoder does so: a signature is
// over bytes, and a reader written in Go compacts what it checks with these escapes. What we escape beyond
// Go (DEL, C1), such a reader leaves as it is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace broker {

void append_json_string(std::string& out, std::string_view text);

// Keys are our own words: plain ASCII, written as they are.
class JsonLine {
 public:
  JsonLine() { line_.reserve(1024); }
  JsonLine& text(std::string_view key, std::string_view value);
  JsonLine& text_if(std::string_view key, std::string_view value);  // leaves out an empty one
  JsonLine& number(std::string_view key, std::int64_t value);
  JsonLine& raw(std::string_view key, std::string_view json);  // a value that is JSON already
  // The finished object; and as a line, newline included.
  [[nodiscard]] std::string object() &&;
  [[nodiscard]] std::string finish() &&;

 private:
  void key(std::string_view key);
  std::string line_ = "{";
};

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
  [[nodiscard]] std::string finish() && { return std::move(text_) + "\n"; }

 private:
  void before(std::string_view key);
  JsonText& begin(std::string_view key, char bracket);
  JsonText& end(char bracket);
  std::string text_;
  bool first_ = true;
};

}  // namespace broker
