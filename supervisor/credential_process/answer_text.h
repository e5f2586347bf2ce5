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

// The text behind "Message":" up to the next quote; an escape ends it, too: it is only for people.
inline std::string_view message_of(std::string_view body) {
  constexpr std::string_view kKey = "\"Message\":\"";
  const std::size_t at = body.find(kKey);
  if (at == std::string_view::npos) return "no reason given";
  body.remove_prefix(at + kKey.size());
  const std::string_view message = body.substr(0, body.find_first_of("\"\\"));
  return message.empty() ? "no reason given" : message;
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
