// Reads the AWS files, and Sentinel's own of the same dialect, line by line into an index: sections, keys, values and
// their lines. It never holds a secret: of
// a secret value it keeps the place in the file, and the line it is given is not copied. Nothing else here reads them.
//
// Runs in: supervisor, broker and its tools, sentinel-doctor.   Blocks: never.
// Fails: kConfig with file:line, never with the text of the line: a line that is out of place may be a key. The broker
// then refuses the file. A reader that goes on with the next line has passed over that one alone; below a section that
// cannot be read, its keys too; a section that stands there twice is one.
// Source: Python configparser (strict), which botocore and the AWS CLI read these files with: duplicates refused,
// keys in any case, '=' or ':', an indented line continues the value above, '#' and ';' begin a comment only at the
// start of a line; what follows a section's ] is nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "ipc/result.h"

namespace ipc {

// kSentinel: Sentinel's own, where [default] is not the profile of that name, but every profile's.
enum class AwsFileKind : std::uint8_t { kConfig, kCredentials, kSentinel };
enum class SectionKind : std::uint8_t { kProfile, kServices, kSsoSession, kEveryProfile, kOther };

struct NestedValue {
  std::string text;
  int line = 0;
};

struct ConfigValue {
  std::string text;  // empty for a secret and for a key with nested values
  int line = 0;
  bool continued = false;  // more text follows on indented lines
  std::uint64_t secret_offset = 0;
  std::size_t secret_length = 0;
  std::map<std::string, NestedValue, std::less<>> nested;
};

struct ConfigSection {
  int line = 0;
  std::map<std::string, ConfigValue, std::less<>> values;  // keys in lower case

  [[nodiscard]] const ConfigValue* find(std::string_view key) const;
};

using SectionKey = std::pair<SectionKind, std::string>;
using ConfigIndex = std::map<SectionKey, ConfigSection>;

[[nodiscard]] bool is_secret_key(std::string_view lower_case_key);

// A name as it stands in a section's header behind its first word: with quotes where the AWS tools need them.
[[nodiscard]] std::string name_in_header(std::string_view name);

class AwsConfigParser {
 public:
  static constexpr std::size_t kMaxLine = 16 * 1024;  // a session token has some thousand characters

  AwsConfigParser(std::string path, AwsFileKind kind) : path_(std::move(path)), kind_(kind) {}

  // The next line, without its line feed; `offset` is where it begins in the file.
  [[nodiscard]] Status take_line(std::string_view line, std::uint64_t offset);
  [[nodiscard]] ConfigIndex take_index() { return std::move(index_); }

 private:
  [[nodiscard]] std::unexpected<Error> refuse(std::string_view why, std::string_view next_step) const;
  Status take_section(std::string_view body);
  Status take_option(std::string_view body, std::uint64_t offset);
  Status take_continuation(std::string_view body);
  Status take_nested(std::string_view body);

  std::string path_;
  AwsFileKind kind_;
  ConfigIndex index_;
  int line_ = 0;
  std::size_t indent_ = 0;            // of the last section or key
  ConfigSection* section_ = nullptr;  // points into index_
  ConfigValue* value_ = nullptr;      // the value an indented line continues
  bool value_is_secret_ = false;
};

}  // namespace ipc
