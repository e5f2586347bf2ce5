#include "help.h"

#include "exit_codes.h"
#include "options.h"

namespace supervisor {
namespace {

constexpr std::size_t kTextColumn = 34, kWidth = 100;

constexpr std::string_view kTopUsage =
    "Usage: sentinel exec --profile NAME --server [options] [--] [COMMAND [ARGUMENT...]]\n";
constexpr std::string_view kExecSummary =
    "Runs COMMAND (default: $SHELL) with short-lived AWS credentials of a profile. Each request for them is judged by "
    "the policy; the keys themselves stay in a process that the command cannot read.";
constexpr std::string_view kModeNote[] = {"", "", "; with --server", "; with --unix-socket", "; over TCP"};

std::string wrapped(std::string_view text, std::size_t indent, std::size_t column) {
  std::string out;
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    if (column > indent && column + 1 + word.size() > kWidth) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
    text = space == std::string_view::npos ? std::string_view{} : text.substr(space + 1);
  }
  return out + "\n";
}

std::string option_word(const OptionRow& row) {
  std::string word = row.short_name ? std::string("-") + row.short_name + ", " : "";
  word += "--" + std::string(row.name);
  if (row.kind == OptionKind::Value) word += " " + std::string(row.argument);
  return word;
}

std::string meaning_of(const OptionRow& row) {
  std::string text(row.meaning);
  if (!row.initial.empty() && row.initial != "0") text += " (default: " + std::string(row.initial) + ")";
  return text + std::string(kModeNote[static_cast<int>(row.mode)]);
}

std::string option_lines(bool top) {
  std::string out;
  for (const OptionRow& row : kOptions) {
    if (is_top(row) != top) continue;
    std::string left = "  " + option_word(row);
    if (left.size() + 2 > kTextColumn) {
      out += left + "\n" + std::string(kTextColumn, ' ');
    } else {
      out += left + std::string(kTextColumn - left.size(), ' ');
    }
    out += wrapped(meaning_of(row), kTextColumn, kTextColumn);
  }
  return out;
}

std::string exit_code_lines() {
  std::string out;
  for (const ExitCodeRow& row : kExitCodes) {
    const std::string left = "  " + std::string(row.shown);
    out += left + std::string(10 - left.size(), ' ') + wrapped(row.meaning, 10, 10);
  }
  return out;
}

// roff treats a leading dot or quote, backslashes and hyphens specially.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) {
      out += std::string("\\&") + c;
    } else {
      out += c;
    }
  }
  return out;
}

std::string roff_options(bool top) {
  std::string out;
  for (const OptionRow& row : kOptions) {
    if (is_top(row) != top) continue;
    out += ".TP\n.B " + roff(option_word(row)) + "\n" + roff(meaning_of(row)) + ".\n";
  }
  return out;
}

std::string words_of(bool top) {
  std::string words;
  for (const OptionRow& row : kOptions) {
    if (is_top(row) != top) continue;
    words += (words.empty() ? "--" : " --") + std::string(row.name);
  }
  return words;
}

// The case arms for options whose argument can be completed; the others complete nothing.
std::string argument_cases() {
  std::string out;
  for (const OptionRow& row : kOptions) {
    if (row.kind != OptionKind::Value) continue;
    out += "    --" + std::string(row.name) + ") ";
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
    if (row.kind == OptionKind::Value) out += (out.empty() ? "--" : "|--") + std::string(row.name);
  }
  return out;
}

}  // namespace

std::string top_help() {
  return std::string(kTopUsage) + "\n" + wrapped(kExecSummary, 0, 0) + "\nOptions:\n" + option_lines(true) +
         "\nOptions of exec: see `sentinel exec --help`.\n";
}

std::string exec_help() {
  return std::string(kTopUsage) + "\n" + wrapped(kExecSummary, 0, 0) + "\nOptions (flags also as --no-flag):\n" +
         option_lines(false) + "\nExit codes:\n" + exit_code_lines();
}

std::string manual_page() {
  std::string out = ".\\\" Printed by `sentinel --print-man` from options.def and exit_codes.def; a test compares.\n";
  out +=
      ".TH SENTINEL 1 \"\" \"Sentinel\" \"User Commands\"\n.SH NAME\nsentinel \\- run a command with brokered AWS "
      "credentials\n";
  out += ".SH SYNOPSIS\n.B sentinel exec\n\\-\\-profile NAME \\-\\-server [options] [\\-\\-] [COMMAND [ARGUMENT...]]\n";
  out += ".SH DESCRIPTION\n" + roff(kExecSummary) + "\n";
  out += ".SH OPTIONS\n" + roff_options(true) + ".SH OPTIONS OF EXEC\nFlags also work as \\-\\-no\\-flag.\n" +
         roff_options(false);
  out += ".SH EXIT STATUS\n";
  for (const ExitCodeRow& row : kExitCodes) out += ".TP\n.B " + roff(row.shown) + "\n" + roff(row.meaning) + ".\n";
  return out;
}

std::string bash_completion() {
  return "# Printed by `sentinel --print-bash` from options.def; a test compares.\n"
         "_sentinel() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} i exec=\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    case ${COMP_WORDS[i]} in\n"
         "    --) _command_offset $((i + 1)); return ;;\n"
         "    exec) [[ $exec ]] || { exec=1; continue; } ;;\n"
         "    esac\n"
         "    case ${COMP_WORDS[i-1]} in " +
         value_options() +
         ") continue ;; esac\n"
         "    [[ $exec && ${COMP_WORDS[i]} != -* ]] && { _command_offset $i; return; }\n"
         "  done\n"
         "  [[ $exec ]] || { COMPREPLY=($(compgen -W \"exec " +
         words_of(true) +
         "\" -- \"$cur\")); return; }\n"
         "  case $prev in\n" +
         argument_cases() +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"" +
         words_of(false) +
         "\" -- \"$cur\"))\n"
         "}\n"
         "complete -F _sentinel sentinel\n";
}

}  // namespace supervisor
