// The completion script of bash.
#include <algorithm>

#include "command_line/completion.h"
#include "command_line/help.h"

namespace supervisor {
namespace {

std::string joined(const std::vector<std::string_view>& words, std::string_view divider) {
  std::string out;
  for (const std::string_view word : words) out += (out.empty() ? "" : std::string(divider)) + std::string(word);
  return out;
}

std::string option_names(Scope scope) {
  std::string words;
  for (const OptionRow& row : kOptions) {
    if (scope.has(row)) words += (words.empty() ? "--" : " --") + std::string(row.name);
  }
  return words;
}

std::string offered(Completion complete, const std::string& words) {
  switch (complete) {
    case Completion::None:
      return ":";
    case Completion::File:
      return "_sentinel_files";
    case Completion::Profile:
      return "_sentinel_names profiles";
    case Completion::Key:
      return "_sentinel_names keys list";
    case Completion::Words:
      return "_sentinel_words " + words;
  }
  return ":";
}

// What is offered behind an option that takes a value.
std::string argument_arms() {
  std::string out;
  for (const OptionRow& row : kOptions) {
    if (row.kind != OptionKind::Value || std::ranges::find(kOptions, row.name, &OptionRow::name) != &row) continue;
    out += "  --" + std::string(row.name) + (row.short_name ? std::string("|-") + row.short_name : "") + ") " +
           offered(row.complete, words_of_argument(row)) + "; return ;;\n";
  }
  return out;
}

// What is offered in a scope: options behind a dash; else what may stand there, where something may.
std::string scope_arm(std::string_view scope, const std::string& words, Completion complete) {
  std::string arm = "  '" + std::string(scope) + "') ";
  if (complete != Completion::None)
    arm += "[[ $cur == -* || -n $named ]] || { " + offered(complete, "") + "; return; }\n    ";
  return arm + "_sentinel_words " + words + (scope == "exec" ? " --" : "") + " ;;\n";
}

std::string scope_arms() {
  std::string out = scope_arm("", joined(next_words(""), " ") + " " + option_names(Scope()), Completion::None);
  for (const GroupRow& row : kGroups) {
    out += scope_arm(row.word, joined(next_words(row.word), " ") + " " + option_names(Scope(row)), Completion::None);
  }
  for (const CommandRow& row : kCommands) out += scope_arm(row.words, option_names(Scope(row)), row.complete());
  return out;
}

std::string word_arms() {
  std::string out = "    '') case $word in " + joined(next_words(""), "|") + ") scope=$word ;; esac ;;\n";
  for (const GroupRow& row : kGroups) {
    const std::string word(row.word);
    out += "    " + word + ") case $word in " + joined(next_words(word), "|") + ") scope=\"" + word +
           " $word\" ;; esac ;;\n";
  }
  return out;
}

// "exec|credentials|whoami": behind these a profile may stand.
std::string runs() {
  std::vector<std::string_view> words;
  for (const CommandRow& row : kCommands) {
    if (!row.is_tool()) words.push_back(row.words);
  }
  return joined(words, "|");
}

// What no table decides. A word behind exec is the profile where there is one of that name, else the command begins.
constexpr std::string_view kBashHead =
    R"bash(# Printed by `sentinel --print-bash` from commands.def and options.def; a test compares.
_sentinel_words() {
  mapfile -t COMPREPLY < <(compgen -W "$*" -- "$cur")
}
_sentinel_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}
_sentinel_names() {
  local name
  while IFS= read -r name; do
    [[ $name == "${cur//\\/}"* ]] && COMPREPLY+=("$(printf %q "$name")")
  done < <("$sentinel" "$@" --names 2>/dev/null)
}
_sentinel_command() {
  if declare -F _command_offset >/dev/null; then
    _command_offset "$1"
  elif ((COMP_CWORD == $1)) && [[ $cur != */* ]]; then
    mapfile -t COMPREPLY < <(compgen -c -- "$cur")
  else
    _sentinel_files
  fi
}
_sentinel() {
  local sentinel=${1/#\~/$HOME} cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} i word scope= named=
  COMPREPLY=()
  # --name=value are three words here.
  [[ $cur == '=' ]] && cur=
  [[ $prev == '=' ]] && prev=${COMP_WORDS[COMP_CWORD-2]}
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    [[ $word == '=' ]] && { ((i++)); continue; }
    [[ $word == -p || $word == --profile ]] && named=yes
    case ${COMP_WORDS[i-1]} in )bash";

constexpr std::string_view kBashLoop = R"bash() continue ;; esac
    [[ $word == -- && $scope == exec ]] && { _sentinel_command $((i + 1)); return; }
    [[ $word == -* ]] && continue
    case $scope in
)bash";

constexpr std::string_view kBashProfile = R"bash()
      if [[ $scope == exec && ( -n $named || -z $("$sentinel" profiles --names 2>/dev/null | grep -Fx -- "$word") ) ]]; then
        _sentinel_command $i
        return
      fi
      named=yes ;;
)bash";

}  // namespace

std::string bash_completion() {
  return std::string(kBashHead) + value_options("|") + std::string(kBashLoop) + "    " + runs() +
         std::string(kBashProfile) + word_arms() +
         "    esac\n"
         "  done\n"
         "  case $prev in\n" +
         argument_arms() +
         "  esac\n"
         "  case $scope in\n" +
         scope_arms() +
         "  esac\n"
         "}\n"
         "complete -F _sentinel sentinel\n";
}

}  // namespace supervisor
