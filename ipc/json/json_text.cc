#include "ipc/json/json_text.h"

#include <array>
#include <charconv>

#include "ipc/text/json_string.h"

namespace ipc {

void JsonText::before(std::string_view key) {
  if (!first_) text_ += ',';
  first_ = false;
  if (key.empty()) return;
  text_ += '"';
  text_ += key;
  text_ += "\":";
}

JsonText& JsonText::begin(std::string_view key, char bracket) {
  before(key);
  text_ += bracket;
  first_ = true;
  return *this;
}

JsonText& JsonText::end(char bracket) {
  text_ += bracket;
  first_ = false;
  return *this;
}

JsonText& JsonText::text(std::string_view key, std::string_view value) {
  before(key);
  append_json_string(text_, value);
  return *this;
}

JsonText& JsonText::number(std::string_view key, std::int64_t value) {
  before(key);
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  text_.append(digits.data(), end);
  return *this;
}

JsonText& JsonText::boolean(std::string_view key, bool value) {
  before(key);
  text_ += value ? "true" : "false";
  return *this;
}

JsonText& JsonText::raw(std::string_view key, std::string_view json) {
  before(key);
  text_ += json;
  return *this;
}

JsonText& JsonText::nothing(std::string_view key) {
  before(key);
  text_ += "null";
  return *this;
}

}  // namespace ipc
