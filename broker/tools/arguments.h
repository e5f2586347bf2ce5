// The command line of a tool as the supervisor hands it over: WORD, then --name=value for each option, --, then names
// of files. What the rows of ipc/commands.def and ipc/options.def do not give this tool is refused, so that an option
// is never silently without effect.
//
// Runs in: the sentinel-… tools beside the broker.   Blocks: never.
// Fails: kUsage, with the nearest option where one is misspelt.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ipc/commands.h"
#include "ipc/result.h"

namespace broker {

class ToolArguments {
 public:
  static constexpr std::size_t kMaxArguments = 1024;

  static ipc::Result<ToolArguments> parse(ipc::Program tool, std::span<char* const> argv);

  // As a row of ipc/commands.def has them: "policy lint".
  [[nodiscard]] std::string_view words() const { return row_->words; }
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
  // kUsage, with the usage line of this command.
  [[nodiscard]] std::unexpected<ipc::Error> misuse(std::string what) const;

 private:
  ipc::Status take(std::string_view argument);
  ipc::Status check_count() const;

  const ipc::CommandRow* row_ = nullptr;
  std::map<std::string, std::string, std::less<>> options_;
  std::vector<std::string> files_;
};

}  // namespace broker
