// The completion script of zsh: _arguments(1) reads options as getopt does, from one line for each.
#include "command_line/completion.h"
#include "command_line/help.h"

namespace supervisor {
namespace {

// Between single quotes, where _arguments reads [ ] and : as its own.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out;
}

std::string zsh_action(Completion complete, const std::string& words) {
  switch (complete) {
    case Completion::None:
      return " ";
    case Completion::File:
      return "_files";
    case Completion::Profile:
      return " _sentinel_names profiles";
    case Completion::Key:
      return " _sentinel_names keys list";
    case Completion::Words:
      return "(" + words + ")";
  }
  return " ";
}

// '(-r --region)'{-r+,--region=}'[meaning]:REGION: '; '*' where it may be given again. A profile's name stands behind
// exec, too: where an option gives it, the first word is the command's.
std::string zsh_option(const OptionRow& row, bool is_first_word) {
  const std::string name = "--" + std::string(row.name), letter = std::string("-") + row.short_name;
  const bool has_letter = row.short_name != 0;
  std::string tail = "[" + zsh_text(short_meaning(row.meaning)) + "]";
  if (row.kind == OptionKind::Value) {
    tail += ":" + zsh_text(ipc::one_argument(row)) + ":" + zsh_action(row.complete, words_of_argument(row));
  }
  std::string without = is_first_word ? "1 " : "";
  if (!may_be_given_again(row)) without += (has_letter ? letter + " " : "") + name;
  std::string out = "    '" + (without.empty() ? "" : "(" + without + ")") + (may_be_given_again(row) ? "*'" : "'");
  const std::string sign = row.kind == OptionKind::Value ? "=" : "";
  out += has_letter ? "{" + letter + (sign.empty() ? "" : "+") + "," + name + sign + "}'" : "'" + name + sign;
  return out + tail + "' \\\n";
}

// What may stand behind the options; of exec the profile, since the command's words stand behind --.
std::string zsh_arguments(const CommandRow& command) {
  if (command.complete() == Completion::None) return "\n";
  const bool many = command.complete() == Completion::File;
  return std::string(many ? "'*:FILE:" : "'1:PROFILE:") + zsh_action(command.complete(), "") + "'\n";
}

std::string zsh_options(Scope scope) {
  std::string out = "_arguments -s -S \\\n";
  for (const OptionRow& row : kOptions) {
    if (scope.has(row)) out += zsh_option(row, row.name == "profile" && scope.command() && !scope.command()->is_tool());
  }
  return out + "      ";
}

// The words of the top or of a group, with what they are for.
std::string zsh_words(std::string_view group) {
  std::string out;
  const auto add = [&](std::string_view word, std::string_view meaning) {
    out += "    '" + std::string(word) + ":" + zsh_text(short_meaning(meaning)) + "'\n";
  };
  for (const CommandRow& row : kCommands) {
    if (row.group() == group) add(row.last_word(), row.meaning);
  }
  for (const GroupRow& row : kGroups) {
    if (group.empty()) add(row.word, row.title);
  }
  return out;
}

std::string zsh_described(std::string_view group) {
  return "local -a words_here=(\n" + zsh_words(group) + "    )\n    _describe command words_here\n";
}

std::string zsh_group(const GroupRow& group) {
  std::string out = "  " + std::string(group.word) + ")\n    if (( CURRENT == 2 )); then\n    " +
                    zsh_described(group.word) +
                    "    return\n    fi\n    shift words; (( CURRENT-- ))\n    case $words[1] in\n";
  for (const CommandRow& row : kCommands) {
    if (row.group() == group.word)
      out += "    " + std::string(row.last_word()) + ") " + zsh_options(Scope(row)) + zsh_arguments(row) + "      ;;\n";
  }
  return out + "    esac ;;\n";
}

constexpr std::string_view kZshHead = R"zsh(#compdef sentinel
# Printed by `sentinel --print-zsh` from commands.def and options.def; a test compares.
_sentinel_names() {
  local -a names=("${(@f)$($sentinel_program "$@" --names 2>/dev/null)}")
  names=("${(@)names:#}")
  (( $#names )) && compadd -- "${names[@]}"
}
_sentinel() {
  local sentinel_program=${${(Q)words[1]}/#\~/$HOME} curcontext=$curcontext state line
)zsh";

// Behind exec's -- another command is completed, as if it stood alone.
constexpr std::string_view kZshRest = R"zsh(  if [[ $state == command ]]; then
    )zsh";
constexpr std::string_view kZshScopes = R"zsh(    return
  fi
  [[ $state == rest ]] || return
  if [[ $words[1] == exec ]] && (( ${words[(i)--]} < CURRENT )); then
    local dashes=${words[(i)--]}
    shift $dashes words
    (( CURRENT -= dashes ))
    _normal
    return
  fi
  case $words[1] in
)zsh";

}  // namespace

std::string zsh_completion() {
  std::string out(kZshHead);
  out += "  _arguments -C \\\n";
  for (const OptionRow& row : kOptions) {
    if (Scope().has(row)) out += zsh_option(row, false);
  }
  out += "    '1: :->command' '*:: :->rest'\n" + std::string(kZshRest) + zsh_described("") + std::string(kZshScopes);
  for (const CommandRow& row : kCommands) {
    if (row.group().empty())
      out += "  " + std::string(row.words) + ") " + zsh_options(Scope(row)) + zsh_arguments(row) + "    ;;\n";
  }
  for (const GroupRow& row : kGroups) out += zsh_group(row);
  return out +
         "  esac\n}\nif [[ $funcstack[1] == _sentinel ]]; then _sentinel \"$@\"; else compdef _sentinel sentinel; fi\n";
}

}  // namespace supervisor
