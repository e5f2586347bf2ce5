#include "ipc/text/aws_config_parser.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "ipc/text/ascii.h"
#include "ipc/text/utf8.h"

namespace ipc {
namespace {

constexpr std::string_view kBlank = " \t";

// aws_security_token is the old name of aws_session_token, which botocore still reads.
constexpr std::string_view kSecretKeys[] = {"aws_secret_access_key", "aws_session_token", "aws_security_token"};

std::string_view strip(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// Of ASCII alone, whatever the locale says.
bool has_control(std::string_view line) {
  return std::ranges::any_of(line,
                             [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

// A key's name for a sentence; not what may be a key that was pasted where a name belongs.
std::string shown_key(std::string_view key) {
  const bool plain = key.size() <= 32 && std::ranges::all_of(key, [](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
                     });
  return plain ? "'" + std::string(key) + "'" : "a key";
}

// The words of a section's name as Python's shlex splits them; nothing where a quote is left open.
class Words {
 public:
  static std::optional<std::vector<std::string>> split(std::string_view text) {
    Words words;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      const bool escapes = c == '\\' && words.quote_ != '\'';
      const bool escaped_here = escapes && (words.quote_ == 0 || (i + 1 < text.size() && is_escapable(text[i + 1])));
      if (escapes && i + 1 == text.size()) return {};
      words.take(escaped_here ? text[++i] : c, escaped_here);
    }
    if (words.quote_ != 0) return {};
    words.end_word();
    return std::move(words.done_);
  }

 private:
  static bool is_escapable(char c) { return c == '"' || c == '\\'; }

  void take(char c, bool escaped) {
    if (!escaped && quote_ != 0 && c == quote_) {
      quote_ = 0;
    } else if (!escaped && quote_ == 0 && (c == '"' || c == '\'')) {
      quote_ = c;
      in_word_ = true;
    } else if (!escaped && quote_ == 0 && kBlank.contains(c)) {
      end_word();
    } else {
      word_ += c;
      in_word_ = true;
    }
  }

  void end_word() {
    if (in_word_) done_.push_back(std::move(word_));
    word_.clear();
    in_word_ = false;
  }

  std::vector<std::string> done_;
  std::string word_;
  bool in_word_ = false;
  char quote_ = 0;
};

SectionKey key_of(std::string_view header, AwsFileKind kind) {
  if (kind == AwsFileKind::kCredentials) return {SectionKind::kProfile, std::string(header)};
  if (header == "default") {
    return {kind == AwsFileKind::kSentinel ? SectionKind::kEveryProfile : SectionKind::kProfile, "default"};
  }
  constexpr std::pair<std::string_view, SectionKind> kPrefixes[] = {{"profile", SectionKind::kProfile},
                                                                    {"services", SectionKind::kServices},
                                                                    {"sso-session", SectionKind::kSsoSession}};
  const auto words = Words::split(header);
  if (words && words->size() == 2 && !words->back().empty()) {
    for (const auto& [prefix, section] : kPrefixes) {
      if (kind == AwsFileKind::kSentinel && section != SectionKind::kProfile) continue;
      // A blank before the word makes it another section, as for botocore.
      if (header.starts_with(prefix) && words->front() == prefix) return {section, words->back()};
    }
  }
  return {SectionKind::kOther, std::string(header)};
}

}  // namespace

const ConfigValue* ConfigSection::find(std::string_view key) const {
  const auto found = values.find(key);
  return found == values.end() ? nullptr : &found->second;
}

std::string name_in_header(std::string_view name) {
  if (!name.empty() && name.find_first_of(" \t'\"\\") == std::string_view::npos) return std::string(name);
  std::string quoted = "\"";
  for (const char c : name) quoted.append(c == '"' || c == '\\' ? "\\" : "").push_back(c);
  return quoted + "\"";
}

bool is_secret_key(std::string_view key) { return std::ranges::find(kSecretKeys, key) != std::end(kSecretKeys); }

std::unexpected<Error> AwsConfigParser::refuse(std::string_view why, std::string_view next_step) const {
  std::string what = path_ + ":" + std::to_string(line_) + ": ";
  return fail(Fault::kConfig, what.append(why), std::string(next_step));
}

Status AwsConfigParser::take_line(std::string_view line, std::uint64_t offset) {
  ++line_;
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.size() > kMaxLine) return refuse("the line is longer than 16 KiB", "shorten it");
  if (line_ == 1 && line.starts_with("\xef\xbb\xbf")) {
    return refuse("the file begins with a byte order mark", "save it as UTF-8 without one");
  }
  if (has_control(line)) return refuse("the line holds a control character", "remove it");
  if (!is_utf8(line)) return refuse("the line is not valid UTF-8", "save the file as UTF-8");
  const std::string_view body = strip(line);
  if (body.empty() || body.front() == '#' || body.front() == ';') return {};
  const auto indent = static_cast<std::size_t>(body.data() - line.data());
  if (section_ && value_ && indent > indent_) return take_continuation(body);
  indent_ = indent;
  if (body.front() == '[') return take_section(body);
  if (!section_) return refuse("a line stands before the first section", "begin with [default] or [profile NAME]");
  return take_option(body, offset + indent);
}

Status AwsConfigParser::take_section(std::string_view body) {
  section_ = nullptr;
  value_ = nullptr;
  const std::size_t end = body.rfind(']');
  const std::size_t comment = std::min(body.find(" #"), body.find(" ;"));
  const std::size_t before = comment < end ? body.rfind(']', comment) : end;  // in a name it is no comment
  const std::size_t close = before == std::string_view::npos ? end : before;
  if (close == std::string_view::npos || close < 2)
    return refuse("the section has no name in [ ]", "write [profile NAME]");
  const std::string_view header = body.substr(1, close - 1);
  if (header == "DEFAULT") {
    return refuse("[DEFAULT] would give its values to every profile", "write [default] for the default profile");
  }
  const auto [found, is_new] = index_.try_emplace(key_of(header, kind_));
  section_ = &found->second;
  if (!is_new) {
    return refuse("the section [" + std::string(header) + "] stands in the file twice, first in line " +
                      std::to_string(found->second.line),
                  "merge the two");
  }
  section_->line = line_;
  return {};
}

Status AwsConfigParser::take_option(std::string_view body, std::uint64_t offset) {
  const std::size_t sign = body.find_first_of("=:");
  if (sign == std::string_view::npos) return refuse("the line has no '='", "write it as key = value");
  const std::string_view name = strip(body.substr(0, sign));
  if (name.empty()) return refuse("the line has no key before its '='", "write it as key = value");
  const std::string key = lowered(name);
  const auto [found, is_new] = section_->values.try_emplace(key);
  value_ = &found->second;
  value_is_secret_ = is_secret_key(key);
  if (!is_new) {
    return refuse(
        shown_key(key) + " is given twice in one section, first in line " + std::to_string(found->second.line),
        "keep one of them");
  }
  value_->line = line_;
  const std::string_view text = strip(body.substr(sign + 1));
  if (value_is_secret_) {
    value_->secret_offset = text.empty() ? 0 : offset + static_cast<std::uint64_t>(text.data() - body.data());
    value_->secret_length = text.size();
  } else {
    value_->text = text;
  }
  return {};
}

Status AwsConfigParser::take_continuation(std::string_view body) {
  const std::string key = lowered(strip(body.substr(0, body.find_first_of("=:"))));
  if (value_is_secret_) return refuse("an indented line continues a secret key", "begin the line at the margin");
  if (is_secret_key(key)) {
    return refuse("'" + key + "' is indented, so AWS tools take it for a part of the value above",
                  "begin the line at the margin");
  }
  if (value_->text.empty()) return take_nested(body);
  value_->continued = true;  // the text itself is of no use to us, and may be anything
  return {};
}

Status AwsConfigParser::take_nested(std::string_view body) {
  const std::size_t sign = body.find('=');
  if (sign == std::string_view::npos) {
    return refuse("an indented line below a key has no '='", "write nested values as key = value");
  }
  value_->nested.insert_or_assign(std::string(strip(body.substr(0, sign))),
                                  NestedValue{std::string(strip(body.substr(sign + 1))), line_});
  return {};
}

}  // namespace ipc
