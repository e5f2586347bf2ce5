// Follows one request head as its bytes arrive: finds its end, and has http-parser read it. Decides nothing about what
// is asked; request_check does that from the same bytes, and the two must agree.
//
// Runs in: frontend.   Blocks: never.   Owns: no bytes; the caller's buffer must not move while a head grows.
// Source: RFC 9112; stricter than it: a lone CR or LF, a NUL and an empty first line are malformed.
#pragma once

#include <http_parser.h>

#include <cstddef>
#include <string_view>

namespace frontend {

// What http-parser made of a head.
struct ParsedHead {
  std::string_view method;
  unsigned major = 0, minor = 0;
  unsigned headers = 0;
};

class HeadParser {
 public:
  enum class Progress { NeedMore, Complete, Malformed };

  HeadParser() { reset(); }
  void reset();
  // `received`: every byte of this request so far, from its first. Once Complete, bytes behind the head are not read.
  Progress feed(std::string_view received);
  [[nodiscard]] ParsedHead parsed() const;

 private:
  enum class Found { Nothing, End, Bad };
  Found scan(std::string_view received);
  static int on_field(http_parser*, const char*, std::size_t);
  static int on_value(http_parser*, const char*, std::size_t);
  static int on_head_end(http_parser*);
  static const http_parser_settings kCallbacks;

  http_parser parser_;
  std::size_t scanned_, fed_, line_start_;
  unsigned headers_;
  bool in_field_, head_ended_;
};

}  // namespace frontend
