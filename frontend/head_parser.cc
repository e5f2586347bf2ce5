#include "head_parser.h"

namespace frontend {

const http_parser_settings HeadParser::kCallbacks = [] {
  http_parser_settings settings{};
  settings.on_header_field = on_field;
  settings.on_header_value = on_value;
  settings.on_headers_complete = on_head_end;
  return settings;
}();

void HeadParser::reset() {
  http_parser_init(&parser_, HTTP_REQUEST);
  parser_.data = this;
  scanned_ = fed_ = line_start_ = 0;
  headers_ = 0;
  in_field_ = head_ended_ = false;
}

// A name may arrive in pieces; a new one starts where a value came in between.
int HeadParser::on_field(http_parser* parser, const char*, std::size_t) {
  auto& self = *static_cast<HeadParser*>(parser->data);
  if (!self.in_field_) ++self.headers_;
  self.in_field_ = true;
  return 0;
}

int HeadParser::on_value(http_parser* parser, const char*, std::size_t) {
  static_cast<HeadParser*>(parser->data)->in_field_ = false;
  return 0;
}

int HeadParser::on_head_end(http_parser* parser) {
  static_cast<HeadParser*>(parser->data)->head_ended_ = true;
  return 0;
}

// Reads on to the end of the head (then scanned_ is its length) or of what is there.
HeadParser::Found HeadParser::scan(std::string_view received) {
  const char* const bytes = received.data();
  for (std::size_t at = scanned_; at < received.size(); ++at) {
    const char c = bytes[at];
    const bool after_cr = at > line_start_ && bytes[at - 1] == '\r';
    if (c == '\0' || after_cr != (c == '\n')) return Found::Bad;
    if (c != '\n') continue;
    if (at == line_start_ + 1) {  // an empty line
      scanned_ = at + 1;
      return line_start_ == 0 ? Found::Bad : Found::End;
    }
    line_start_ = at + 1;
  }
  scanned_ = received.size();
  return Found::Nothing;
}

HeadParser::Progress HeadParser::feed(std::string_view received) {
  if (head_ended_) return Progress::Complete;
  const Found found = scan(received);
  if (found == Found::Bad) return Progress::Malformed;
  const std::size_t count = scanned_ - fed_;
  // A feed of no bytes would tell http-parser that the connection ended.
  if (count != 0 && http_parser_execute(&parser_, &kCallbacks, received.data() + fed_, count) != count) {
    return Progress::Malformed;
  }
  fed_ = scanned_;
  if (head_ended_ != (found == Found::End)) return Progress::Malformed;  // the two disagree about where it ends
  return head_ended_ ? Progress::Complete : Progress::NeedMore;
}

ParsedHead HeadParser::parsed() const {
  return {http_method_str(static_cast<http_method>(parser_.method)), parser_.http_major, parser_.http_minor, headers_};
}

}  // namespace frontend
