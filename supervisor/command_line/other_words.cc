#include "command_line/other_words.h"

#include <algorithm>
#include <iterator>

namespace supervisor {
namespace {

constexpr std::string_view kProgram = "sentinel ";

std::string_view place_of(ipc::Scope scope) {
  if (scope.command()) return scope.command()->words;
  return scope.is_top() ? "top" : "";
}

}  // namespace

bool has_command(const OtherWord& word) {
  if (!word.line.starts_with(kProgram)) return false;
  const std::string_view line = word.line.substr(kProgram.size());
  return std::ranges::any_of(ipc::kCommands, [line](const ipc::CommandRow& row) {
    return line == row.words || line.starts_with(std::string(row.words) + " ");
  });
}

std::string answer_to_other_word(ipc::Scope scope, std::string_view typed) {
  const auto* const word = std::ranges::find_if(
      kOtherWords, [&](const OtherWord& row) { return row.place == place_of(scope) && row.typed == typed; });
  if (word == std::end(kOtherWords)) return "";
  const std::string whose = "that is a word of " + std::string(word->tool);
  if (has_command(*word)) {
    const std::string more = word->why.empty() ? "" : "; " + std::string(word->why);
    return whose + ": here it is `" + std::string(word->line) + "`" + more;
  }
  return word->why.empty() ? "" : whose + ": " + std::string(word->why);
}

}  // namespace supervisor
