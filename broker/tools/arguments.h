// The command line of a tool as the supervisor hands it over: WORD, then --name=value for each option, --, then names
// of files. What a tool does not know is refused, so that an option is never silently without effect.
//
// Runs in: sentinel-policy, sentinel-audit.   Blocks: never.
// Fails: kUsage, with the nearest option where one is misspelt.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ipc/result.h"

namespace broker {

// One word of a tool: which options it knows (names, divided by blanks) and how many files it takes.
struct ToolWord {
  std::string_view word, options;
  std::size_t least_files, most_files;
  std::string_view usage;
};

class ToolArguments {
 public:
  static constexpr std::size_t kMaxArguments = 1024;

  // `tool` as in "sentinel policy", for the sentences.
  static ipc::Result<ToolArguments> parse(std::string_view tool, std::span<const ToolWord> words,
                                          std::span<char* const> argv);

  [[nodiscard]] std::string_view word() const { return row_->word; }
  [[nodiscard]] bool given(std::string_view option) const { return options_.contains(option); }
  // The value, or an empty text: an option with an empty value is refused before.
  [[nodiscard]] std::string_view value(std::string_view option) const;
  [[nodiscard]] bool flag(std::string_view option) const { return value(option) == "true"; }
  // Where the option is given, makes `to` what `reader` makes of its value, or fails as that does.
  template <class To, class Reader>
  [[nodiscard]] ipc::Status read(std::string_view option, To& to, Reader reader) const {
    if (!given(option)) return {};
    auto read = reader(value(option));
    if (!read) return std::unexpected(std::move(read.error()));
    to = std::move(*read);
    return {};
  }
  [[nodiscard]] const std::vector<std::string>& files() const { return files_; }
  // kUsage, with the usage line of this word.
  [[nodiscard]] std::unexpected<ipc::Error> misuse(std::string what) const;

 private:
  ipc::Status take(std::string_view argument);

  std::string tool_;
  const ToolWord* row_ = nullptr;
  std::map<std::string, std::string, std::less<>> options_;
  std::vector<std::string> files_;
};

}  // namespace broker
