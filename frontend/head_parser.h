// Follows one request head as its bytes arrive: finds its end, and refuses at its byte what makes the whole head
// malformed. Decides nothing about what is asked. Forms that pass here and are none (a folded line, a blank in a name,
// a path that is not ASCII) are refused by request_check, which reads a complete head line by line and names the first
// fault.
//
// Runs in: frontend.   Blocks: never.   Owns: no bytes; the caller's buffer must not move while a head grows.
// Source: RFC 9112; stricter than it: a lone CR or LF, a NUL, an empty first line and an unknown method are malformed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace frontend {

// RFC 9110's tchar, of which methods and the names of headers are made.
constexpr bool is_token_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

class HeadParser {
 public:
  enum class Progress { NeedMore, Complete, Malformed };

  void reset() { *this = HeadParser(); }
  // `received`: every byte of this request so far, from its first. Once Complete, bytes behind the head are not read.
  Progress feed(std::string_view received);

 private:
  // What the next byte belongs to.
  enum class Part : std::uint8_t {
    Method,
    BeforeTarget,
    Scheme,  // of an absolute target; then its colon and its two slashes
    SchemeColon,
    SchemeSlash,
    AuthorityStart,
    Authority,
    AuthorityAt,  // behind an '@'
    Path,         // with its query and its fragment
    Version,
    LineEnd,
    LineStart,
    Name,
    BeforeValue,
    Value,
    HeadEnd,
    Complete,
    Malformed,
  };
  // The headers that decide whether the head says soundly how long its body is.
  enum class Header : std::uint8_t { Plain, Length, Coding };
  // Where in a list (the value of Coding) the next byte is, for finding the word that matters.
  enum class Listed : std::uint8_t { Word, Other, AfterComma, NoMore };

  Part next(std::string_view head, char c);
  static Header header_of(std::string_view name);
  Part method(std::string_view head, char c);
  Part target(char c);
  Part version(char c) const;
  Part line_start(char c);
  Part name(std::string_view head, char c);
  Part before_value(char c);
  Part value(char c);
  Part end_line(Part folds_into);
  [[nodiscard]] bool length(char c);
  bool begin_word(char c);
  void listed(char c);
  void end_word();
  [[nodiscard]] Part end_head() const;

  std::uint64_t length_ = 0;  // what Content-Length says so far
  std::uint32_t scanned_ = 0, line_start_ = 0;
  Part part_ = Part::Method;
  Part folds_into_ = Part::Name;  // what a line that begins with a blank goes on with
  Header header_ = Header::Plain;
  Listed listed_ = Listed::Other;
  std::uint8_t matched_ = 0;  // bytes of the coding, or of the version, that were there
  bool have_length_ = false, length_ended_ = false, have_coding_ = false, chunked_ = false;
  bool connect_ = false;
};

}  // namespace frontend
