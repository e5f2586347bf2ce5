#include "text/json_scan.h"

#include "text/ascii.h"
#include "text/hex.h"
#include "ipc/text/utf8.h"

namespace broker {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Reads from the front of what is left; every function is false, or nothing, where the text is not JSON.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  void skip_space() {
    while (!text_.empty() && is_space(text_.front())) text_.remove_prefix(1);
  }
  bool take(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  [[nodiscard]] bool at_end() const { return text_.empty(); }

  // The bytes of the value that comes next.
  std::optional<std::string_view> value(int depth) {
    const std::string_view before = text_;
    if (!skip_value(depth)) return std::nullopt;
    return before.substr(0, before.size() - text_.size());
  }

  bool string(std::string* out) {
    if (!take('"')) return false;
    while (!text_.empty()) {
      const char c = text_.front();
      if (c == '"') return take('"');
      if (c == '\\' ? !escape(out) : !plain(out)) return false;
    }
    return false;
  }

  bool object(int depth, const JsonMember& member) {
    if (depth > kMaxJsonDepth || !take('{')) return false;
    skip_space();
    if (take('}')) return true;
    do {
      std::string key;
      skip_space();
      if (!string(&key)) return false;
      skip_space();
      if (!take(':')) return false;
      skip_space();
      const auto bytes = value(depth + 1);
      if (!bytes || !member(std::move(key), *bytes)) return false;
      skip_space();
    } while (take(','));
    return take('}');
  }

 private:
  bool skip_value(int depth) {
    if (text_.empty() || depth > kMaxJsonDepth) return false;
    switch (text_.front()) {
      case '{':
        return object(depth, [](std::string, std::string_view) { return true; });
      case '[':
        return array(depth);
      case '"':
        return string(nullptr);
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  bool array(int depth) {
    take('[');
    skip_space();
    if (take(']')) return true;
    do {
      skip_space();
      if (!skip_value(depth + 1)) return false;
      skip_space();
    } while (take(','));
    return take(']');
  }

  bool word(std::string_view expected) {
    if (!text_.starts_with(expected)) return false;
    text_.remove_prefix(expected.size());
    return true;
  }

  bool digits() {
    if (text_.empty() || !is_digit(text_.front())) return false;
    while (!text_.empty() && is_digit(text_.front())) text_.remove_prefix(1);
    return true;
  }

  bool number() {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (!take('e') && !take('E')) return true;
    if (!take('+')) take('-');
    return digits();
  }

  bool plain(std::string* out) {
    if (static_cast<unsigned char>(text_.front()) < 0x20) return false;
    const std::size_t length = ipc::utf8_length(text_);
    if (length == 0) return false;
    if (out) out->append(text_.substr(0, length));
    text_.remove_prefix(length);
    return true;
  }

  bool escape(std::string* out) {
    static constexpr std::string_view kNames = "\"\\/bfnrt", kValues = "\"\\/\b\f\n\r\t";
    text_.remove_prefix(1);
    if (text_.empty()) return false;
    const char name = text_.front();
    text_.remove_prefix(1);
    if (name == 'u') return unicode(out);
    const std::size_t at = kNames.find(name);
    if (at == std::string_view::npos) return false;
    if (out) *out += kValues[at];
    return true;
  }

  std::optional<unsigned> four_digits() {
    unsigned code = 0;
    for (int i = 0; i < 4; ++i) {
      const int digit = text_.empty() ? -1 : hex_value(text_.front());
      if (digit < 0) return std::nullopt;
      code = code << 4 | static_cast<unsigned>(digit);
      text_.remove_prefix(1);
    }
    return code;
  }

  bool unicode(std::string* out) {
    auto code = four_digits();
    if (!code || (*code >= 0xDC00 && *code <= 0xDFFF)) return false;
    if (*code >= 0xD800 && *code <= 0xDBFF) {
      if (!take('\\') || !take('u')) return false;
      const auto low = four_digits();
      if (!low || *low < 0xDC00 || *low > 0xDFFF) return false;
      code = 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00);
    }
    if (out) ipc::append_utf8(*out, *code);
    return true;
  }

  std::string_view text_;
};

}  // namespace

std::optional<std::string> decode_json_string(std::string_view literal) {
  Scanner scanner(literal);
  std::string text;
  if (!scanner.string(&text) || !scanner.at_end()) return std::nullopt;
  return text;
}

bool walk_json_object(std::string_view json, const JsonMember& member) {
  Scanner scanner(json);
  scanner.skip_space();
  if (!scanner.object(0, member)) return false;
  scanner.skip_space();
  return scanner.at_end();
}

}  // namespace broker
