#include "head_parser.h"

#include <algorithm>
#include <limits>

#include "ipc/text/ascii.h"

namespace frontend {
namespace {

// The methods that servers know: a client that uses one is told that it is the path, or the method, that is wrong; with
// any other the head is malformed.
constexpr std::string_view kMethods[] = {
    "ACL",    "BIND",      "CHECKOUT", "CONNECT",    "COPY",       "DELETE", "GET",        "HEAD",   "LINK",
    "LOCK",   "M-SEARCH",  "MERGE",    "MKCALENDAR", "MKACTIVITY", "MKCOL",  "MOVE",       "NOTIFY", "OPTIONS",
    "PATCH",  "POST",      "PROPFIND", "PROPPATCH",  "PURGE",      "PUT",    "REBIND",     "REPORT", "SEARCH",
    "SOURCE", "SUBSCRIBE", "TRACE",    "UNBIND",     "UNLINK",     "UNLOCK", "UNSUBSCRIBE"};
constexpr std::string_view kVersionForm = "HTTP/d.d";
// The coding that says where a body ends, looked for in the list of codings.
constexpr std::string_view kChunked = "chunked";

using ipc::is_digit, ipc::is_letter;
constexpr char folded(char c) { return static_cast<char>(c | 0x20); }

constexpr bool is_user_info(char c) {
  return is_digit(c) || is_letter(c) || std::string_view("-_.!~*'()%;:&=+$,").find(c) != std::string_view::npos;
}
constexpr bool is_in_path(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte > ' ' && byte != 0x7f) || c == '\t' || c == '\f';
}
constexpr bool is_in_value(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte >= ' ' && byte != 0x7f) || c == '\t';
}

// `lowered` is in lower case.
bool begins_with(std::string_view text, std::string_view lowered) {
  return text.size() >= lowered.size() &&
         std::equal(lowered.begin(), lowered.end(), text.begin(), [](char a, char b) { return a == folded(b); });
}
bool is_name(std::string_view text, std::string_view lowered) {
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text.size() == lowered.size() && begins_with(text, lowered);
}

}  // namespace

HeadParser::Progress HeadParser::feed(std::string_view received) {
  for (; scanned_ < received.size() && part_ != Part::Complete && part_ != Part::Malformed; ++scanned_) {
    const char c = received[scanned_];
    const bool after_cr = part_ == Part::LineEnd || part_ == Part::HeadEnd;
    if (c == '\0' || after_cr != (c == '\n')) {
      part_ = Part::Malformed;
    } else if (part_ == Part::HeadEnd) {
      part_ = end_head();
    } else if (part_ == Part::LineEnd) {
      part_ = Part::LineStart;
      line_start_ = scanned_ + 1;
    } else {
      part_ = next(received.substr(0, scanned_), c);
    }
  }
  if (part_ == Part::Malformed) return Progress::Malformed;
  return part_ == Part::Complete ? Progress::Complete : Progress::NeedMore;
}

// `head`: what came before `c`, which is neither NUL nor LF.
HeadParser::Part HeadParser::next(std::string_view head, char c) {
  switch (part_) {
    case Part::Method:
      return method(head, c);
    case Part::BeforeTarget:
    case Part::Scheme:
    case Part::SchemeColon:
    case Part::SchemeSlash:
    case Part::AuthorityStart:
    case Part::Authority:
    case Part::AuthorityAt:
    case Part::Path:
      return target(c);
    case Part::Version:
      ++matched_;
      return version(c);
    case Part::LineStart:
      return line_start(c);
    case Part::Name:
      return name(head.substr(line_start_), c);
    case Part::BeforeValue:
      return before_value(c);
    case Part::Value:
      return value(c);
    case Part::LineEnd:
    case Part::HeadEnd:
    case Part::Complete:
    case Part::Malformed:
      break;
  }
  return Part::Malformed;
}

// ---- The request line ----

HeadParser::Part HeadParser::method(std::string_view head, char c) {
  const auto goes_on = [&](std::string_view method) {
    return method.starts_with(head) && (head.size() == method.size() ? c == ' ' : method[head.size()] == c);
  };
  if (!std::ranges::any_of(kMethods, goes_on)) return Part::Malformed;
  connect_ = head == "CONNECT";
  return c == ' ' ? Part::BeforeTarget : Part::Method;
}

HeadParser::Part HeadParser::target(char c) {
  const bool may_end = part_ == Part::Authority || part_ == Part::AuthorityAt || part_ == Part::Path;
  if (c == ' ' && part_ == Part::BeforeTarget) return part_;
  if (c == ' ') return may_end ? Part::Version : Part::Malformed;
  if (c == '\r') return may_end ? end_line(Part::Name) : Part::Malformed;
  switch (part_) {
    case Part::BeforeTarget:
      if (connect_) break;  // names an authority at once
      if (c == '/' || c == '*') return Part::Path;
      return is_letter(c) ? Part::Scheme : Part::Malformed;
    case Part::Scheme:
      if (c == ':') return Part::SchemeColon;
      return is_letter(c) ? Part::Scheme : Part::Malformed;
    case Part::SchemeColon:
      return c == '/' ? Part::SchemeSlash : Part::Malformed;
    case Part::SchemeSlash:
      return c == '/' ? Part::AuthorityStart : Part::Malformed;
    case Part::Path:
      return is_in_path(c) ? Part::Path : Part::Malformed;
    default:
      break;
  }
  if (c == '/' || c == '?') return Part::Path;
  if (c == '@') return part_ == Part::AuthorityAt ? Part::Malformed : Part::AuthorityAt;
  return is_user_info(c) || c == '[' || c == ']' ? Part::Authority : Part::Malformed;
}

// `c` is the byte with the number matched_, counted from 1.
HeadParser::Part HeadParser::version(char c) const {
  if (matched_ > kVersionForm.size()) return c == '\r' ? Part::LineEnd : Part::Malformed;
  const char form = kVersionForm[matched_ - 1];
  return (form == 'd' ? is_digit(c) : c == form) ? Part::Version : Part::Malformed;
}

// ---- The headers ----

HeadParser::Part HeadParser::end_line(Part folds_into) {
  folds_into_ = folds_into;
  return Part::LineEnd;
}

HeadParser::Part HeadParser::line_start(char c) {
  if (ipc::is_ows(c) && folds_into_ != Part::Name) {
    if (folds_into_ == Part::Value) {
      length_ended_ = true;
      if (listed_ != Listed::AfterComma) listed_ = Listed::NoMore;
    }
    return folds_into_;
  }
  if (folds_into_ == Part::BeforeValue && header_ == Header::Length) return Part::Malformed;  // no number at all
  if (folds_into_ == Part::Value) end_word();
  if (c == '\r') return Part::HeadEnd;
  return is_token_character(c) || c == ' ' ? Part::Name : Part::Malformed;
}

HeadParser::Header HeadParser::header_of(std::string_view name) {
  if (is_name(name, "content-length")) return Header::Length;
  return is_name(name, "transfer-encoding") ? Header::Coding : Header::Plain;
}

HeadParser::Part HeadParser::name(std::string_view head, char c) {
  if (is_token_character(c) || c == ' ') return Part::Name;
  if (c != ':') return Part::Malformed;
  header_ = header_of(head);
  if (begins_with(head, "transfer-encoding")) {
    have_coding_ = true;
    chunked_ = false;  // the last one counts
  }
  return Part::BeforeValue;
}

// The first byte of a value may be any: request_check refuses a control character there.
HeadParser::Part HeadParser::before_value(char c) {
  if (ipc::is_ows(c)) return Part::BeforeValue;
  if (c == '\r') return end_line(Part::BeforeValue);
  if (header_ == Header::Length) {
    if (!is_digit(c) || have_length_) return Part::Malformed;
    have_length_ = true;
    length_ = static_cast<std::uint64_t>(c - '0');
    length_ended_ = false;
  }
  if (!begin_word(c)) listed_ = Listed::Other;
  return Part::Value;
}

HeadParser::Part HeadParser::value(char c) {
  if (c == '\r') return end_line(Part::Value);
  if (!is_in_value(c)) return Part::Malformed;
  if (header_ == Header::Length && !length(c)) return Part::Malformed;
  listed(c);
  return Part::Value;
}

// Digits, then blanks; a number that could overflow is none.
bool HeadParser::length(char c) {
  if (c == ' ') return length_ended_ = true;
  if (length_ended_ || !is_digit(c)) return false;
  if (length_ > (std::numeric_limits<std::uint64_t>::max() - 10) / 10) return false;
  length_ = length_ * 10 + static_cast<std::uint64_t>(c - '0');
  return true;
}

bool HeadParser::begin_word(char c) {
  if (header_ != Header::Coding || folded(c) != kChunked.front()) return false;
  matched_ = 1;
  listed_ = Listed::Word;
  return true;
}

// A word that only begins like one of ours takes the comma behind it along, so that the next is not looked at: that can
// only make a head malformed that would be refused for its coding anyway.
void HeadParser::listed(char c) {
  switch (listed_) {
    case Listed::Word:
      if (matched_ < kChunked.size()) {
        if (folded(c) != kChunked[matched_++]) listed_ = Listed::Other;
      } else if (c != ' ') {
        listed_ = Listed::Other;
      }
      return;
    case Listed::Other:
      if (c == ',') listed_ = Listed::AfterComma;
      return;
    case Listed::AfterComma:
      if (begin_word(c) || c == ' ') return;
      listed_ = is_token_character(folded(c)) ? Listed::Other : Listed::NoMore;
      return;
    case Listed::NoMore:
      return;
  }
}

void HeadParser::end_word() {
  if (listed_ == Listed::Word && matched_ == kChunked.size()) chunked_ = true;
}

// Two lengths of one body, or a coding that does not say where the body ends. Behind CONNECT there is none; an Upgrade
// is ignored, so behind one there would be.
HeadParser::Part HeadParser::end_head() const {
  if (have_coding_ && have_length_) return Part::Malformed;
  return have_coding_ && !chunked_ && !connect_ ? Part::Malformed : Part::Complete;
}

}  // namespace frontend
