// Reads an answer: one header of its head, and its body.
//
// Runs in: the credential helper.   Blocks: never.   Owns: nothing; what it reads points into the body.
#pragma once

#include <string_view>

namespace supervisor {

// One JSON string without escapes at the front of `text`: what AWS credentials consist of. False for anything else.
inline bool take_string(std::string_view& text, std::string_view& value) {
  if (!text.starts_with('"')) return false;
  for (std::size_t i = 1; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '"') {
      value = text.substr(1, i - 1);
      text.remove_prefix(i + 1);
      return true;
    }
    if (c < 0x20 || c >= 0x7f || c == '\\') return false;
  }
  return false;
}

inline void skip_space(std::string_view& text) {
  while (!text.empty() && (text[0] == ' ' || text[0] == '\n' || text[0] == '\r' || text[0] == '\t'))
    text.remove_prefix(1);
}

inline bool take(std::string_view& text, char wanted) {
  skip_space(text);
  if (!text.starts_with(wanted)) return false;
  text.remove_prefix(1);
  skip_space(text);
  return true;
}

struct Credentials {
  std::string_view key, secret, token, expiration;
};

inline std::string_view* member(Credentials& c, std::string_view name) {
  if (name == "AccessKeyId") return &c.key;
  if (name == "SecretAccessKey") return &c.secret;
  if (name == "Token") return &c.token;
  if (name == "Expiration") return &c.expiration;
  return nullptr;
}

// Exactly the four members, each once, none empty, nothing after them.
inline bool read_credentials(std::string_view body, Credentials& credentials) {
  if (!take(body, '{')) return false;
  for (int i = 0; i < 4; ++i) {
    std::string_view name, value;
    if (i > 0 && !take(body, ',')) return false;
    if (!take_string(body, name) || !take(body, ':') || !take_string(body, value)) return false;
    std::string_view* slot = member(credentials, name);
    if (!slot || !slot->empty() || value.empty()) return false;
    *slot = value;
  }
  if (!take(body, '}')) return false;
  return body.empty();
}

// What a policy's reason is written in: letters and the marks between them. Nothing else of what is not ASCII reaches a
// terminal, whatever stands in the broker's place.
inline bool is_letter_or_mark(unsigned code) {
  return (code >= 0xA1 && code <= 0x2FF && code != 0xAD) || (code >= 0x370 && code <= 0x587) ||
         (code >= 0x2010 && code <= 0x2015) || (code >= 0x2018 && code <= 0x2026) || code == 0x20AC ||
         (code >= 0x3041 && code <= 0x30FF) || (code >= 0x4E00 && code <= 0x9FFF) || (code >= 0xAC00 && code <= 0xD7A3);
}

// Length of the UTF-8 letter that starts `text`; 0 for anything else than one of two or three bytes.
inline std::size_t letter_length(std::string_view text) {
  const auto byte = [text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const std::size_t length = (byte(0) & 0xE0) == 0xC0 ? 2 : (byte(0) & 0xF0) == 0xE0 ? 3 : 0;
  if (length == 0 || text.size() < length) return 0;
  unsigned code = byte(0) & (length == 2 ? 0x1FU : 0x0FU);
  for (std::size_t at = 1; at < length; ++at) {
    if ((byte(at) & 0xC0) != 0x80) return 0;
    code = code << 6 | (byte(at) & 0x3FU);
  }
  const bool is_shortest = length == 2 || code >= 0x800;
  return is_shortest && is_letter_or_mark(code) ? length : 0;
}

// What the escape behind a backslash stands for, of those that a broker writes: of \uXXXX ASCII alone.
inline char take_escape(std::string_view& text) {
  const char kind = text.empty() ? '?' : text[0];
  text.remove_prefix(text.empty() ? 0 : 1);
  if (kind == '"' || kind == '\\' || kind == '/') return kind;
  if (kind != 'u' || text.size() < 4) return '?';
  unsigned code = 0;
  for (const char c : text.substr(0, 4)) {
    const unsigned digit = c >= '0' && c <= '9'   ? unsigned(c - '0')
                           : c >= 'a' && c <= 'f' ? unsigned(c - 'a') + 10
                                                  : 16;
    if (digit > 15) return '?';
    code = code << 4 | digit;
  }
  text.remove_prefix(4);
  return code >= 0x20 && code < 0x7f ? static_cast<char>(code) : '?';
}

inline constexpr std::size_t kMaxMessage = 2048;
struct Message {
  char text[kMaxMessage];
  std::size_t size = 0;
  [[nodiscard]] std::string_view view() const { return {text, size}; }
};

// The text of "Message", for people: one line, as long as it fits.
inline void read_message(std::string_view body, Message& message) {
  constexpr std::string_view kKey = "\"Message\":\"";
  const std::size_t at = body.find(kKey);
  body.remove_prefix(at == std::string_view::npos ? body.size() : at + kKey.size());
  while (!body.empty() && body[0] != '"' && message.size + 3 < kMaxMessage) {
    const auto c = static_cast<unsigned char>(body[0]);
    const std::size_t letter = c >= 0x80 ? letter_length(body) : 1;
    if (letter > 1) {
      message.size += body.copy(message.text + message.size, letter);
      body.remove_prefix(letter);
      continue;
    }
    body.remove_prefix(1);
    const bool is_plain = c >= 0x20 && c < 0x7f;
    message.text[message.size++] = c == '\\' ? take_escape(body) : is_plain ? static_cast<char>(c) : '?';
  }
  constexpr std::string_view kNone = "no reason given";
  if (message.size == 0) message.size = kNone.copy(message.text, kNone.size());
}

// The policy's part of it; empty where the client is told nothing but that it was refused.
inline std::string_view reason_in(const Message& message) {
  constexpr std::string_view kBefore = "Sentinel refused this request: ";
  const std::string_view text = message.view();
  return text.starts_with(kBefore) ? text.substr(kBefore.size()) : std::string_view();
}

// The value of the one such header; empty where there is none, or more than one.
inline std::string_view only_header(std::string_view head, std::string_view name) {
  std::string_view value;
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n")) {
    head.remove_prefix(at + 2);
    if (!head.starts_with(name) || !head.substr(name.size()).starts_with(": ")) continue;
    if (!value.empty()) return {};
    value = head.substr(name.size() + 2);
    value = value.substr(0, value.find("\r\n"));
  }
  return value;
}

}  // namespace supervisor
