// The completion scripts.
#include <algorithm>

#include "command_line/help.h"

namespace supervisor {
namespace {

std::string option_names(Scope scope) {
  std::string words;
  for (const OptionRow& row : kOptions) {
    if (scope.has(row)) words += (words.empty() ? "--" : " --") + std::string(row.name);
  }
  return words;
}

// The words that may come next, divided by `divider`: of the top, or of a group.
std::string next_words(std::string_view group, char divider) {
  std::string words;
  const auto add = [&](std::string_view word) {
    if (!words.empty()) words += divider;
    words += word;
  };
  for (const CommandRow& row : kCommands) {
    if (row.group() == group) add(row.last_word());
  }
  for (const GroupRow& row : kGroups) {
    if (group.empty()) add(row.word);
  }
  return words;
}

bool is_first_of_its_name(const OptionRow& row) {
  return std::ranges::find(kOptions, row.name, &OptionRow::name) == &row;
}

// The case arms for options whose argument can be completed; the others complete nothing.
std::string argument_cases() {
  std::string out;
  for (const OptionRow& row : kOptions) {
    if (row.kind != OptionKind::Value || !is_first_of_its_name(row)) continue;
    out += "  --" + std::string(row.name) + ") ";
    std::string words(row.argument);
    for (char& c : words) c = c == '|' ? ' ' : c;
    switch (row.complete) {
      case Completion::None:
        out += "return ;;\n";
        break;
      case Completion::File:
        out += "COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n";
        break;
      case Completion::Words:
        out += "COMPREPLY=($(compgen -W \"" + words + "\" -- \"$cur\")); return ;;\n";
        break;
    }
  }
  return out;
}

std::string value_options() {
  std::string out;
  for (const OptionRow& row : kOptions) {
    if (row.kind != OptionKind::Value || !is_first_of_its_name(row)) continue;
    out += (out.empty() ? "--" : "|--") + std::string(row.name);
  }
  return out;
}

std::string scope_arm(std::string_view scope, const std::string& words, bool files) {
  std::string arm = "  '" + std::string(scope) + "') ";
  if (files) arm += "[[ $cur == -* ]] || { COMPREPLY=($(compgen -f -- \"$cur\")); return; }\n    ";
  return arm + "COMPREPLY=($(compgen -W \"" + words + "\" -- \"$cur\")) ;;\n";
}

std::string scope_arms() {
  std::string out = scope_arm("", next_words("", ' ') + " " + option_names(Scope()), false);
  for (const GroupRow& row : kGroups) {
    out += scope_arm(row.word, next_words(row.word, ' ') + " " + option_names(Scope(row)), false);
  }
  for (const CommandRow& row : kCommands) {
    out += scope_arm(row.words, option_names(Scope(row)), row.is_tool() && row.most > 0);
  }
  return out;
}

std::string word_arms() {
  std::string out = "    '') case $word in " + next_words("", '|') + ") scope=$word ;; esac ;;\n";
  for (const GroupRow& row : kGroups) {
    const std::string word(row.word);
    out += "    " + word + ") case $word in " + next_words(word, '|') + ") scope=\"" + word + " $word\" ;; esac ;;\n";
  }
  return out + "    exec) _command_offset $i; return ;;\n";
}

}  // namespace

std::string bash_completion() {
  return "# Printed by `sentinel --print-bash` from commands.def and options.def; a test compares.\n"
         "_sentinel() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} i word scope=\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    word=${COMP_WORDS[i]}\n"
         "    [[ $word == -- && $scope == exec ]] && { _command_offset $((i + 1)); return; }\n"
         "    case ${COMP_WORDS[i-1]} in " +
         value_options() +
         ") continue ;; esac\n"
         "    [[ $word == -* ]] && continue\n"
         "    case $scope in\n" +
         word_arms() +
         "    esac\n"
         "  done\n"
         "  case $prev in\n" +
         argument_cases() +
         "  esac\n"
         "  case $scope in\n" +
         scope_arms() +
         "  esac\n"
         "}\n"
         "complete -F _sentinel sentinel\n";
}

}  // namespace supervisor
