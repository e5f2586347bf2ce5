#include "command_line/completion.h"

#include <algorithm>

namespace supervisor {

std::vector<std::string_view> next_words(std::string_view group) {
  std::vector<std::string_view> words;
  for (const CommandRow& row : kCommands) {
    if (row.group() == group) words.push_back(row.last_word());
  }
  for (const GroupRow& row : kGroups) {
    if (group.empty()) words.push_back(row.word);
  }
  return words;
}

std::string value_options(std::string_view divider) {
  std::vector<std::string> names;
  for (const OptionRow& row : kOptions) {
    if (row.kind != OptionKind::Value) continue;
    for (const std::string& name : {"--" + std::string(row.name), std::string("-") + row.short_name}) {
      const bool is_short = name.size() == 2;
      if ((!is_short || row.short_name != 0) && std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
  }
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : std::string(divider)) + name;
  return out;
}

std::string words_of_argument(const OptionRow& row) {
  std::string words(row.argument);
  std::ranges::replace(words, '|', ' ');
  return words;
}

std::string_view short_meaning(std::string_view meaning) {
  const std::size_t end =
      std::min({meaning.find(';'), meaning.find(','), meaning.find(". "), meaning.find(" ("), meaning.find(':')});
  return meaning.substr(0, end);
}

}  // namespace supervisor
