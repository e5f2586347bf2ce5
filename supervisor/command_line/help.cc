#include "command_line/help.h"

#include <unistd.h>

#include <algorithm>

#include "command_line/table_words.h"
#include "ipc/terminal/ink.h"
#include "ipc/terminal/wrap.h"
#include "terminal/exit_codes.h"

namespace supervisor {
namespace {

constexpr std::size_t kTextColumn = 34, kWidth = 100;

std::string_view first_sentence(std::string_view text) { return text.substr(0, text.find(". ")); }

// Of the terminal that the help is printed on, at most kWidth.
std::size_t width() { return std::min(kWidth, ipc::terminal_width(STDOUT_FILENO, kWidth)); }

std::string wrapped(std::string_view text, std::size_t indent, std::size_t column) {
  return ipc::wrapped(text, indent, column, width()) + "\n";
}

std::string two_columns(const std::string& left, std::string_view right, std::size_t column) {
  std::string out = "  " + left;
  column = std::min(column, width() * 2 / 5);  // a narrow terminal leaves room for the text
  out += out.size() + 2 > column ? "\n" + std::string(column, ' ') : std::string(column - out.size(), ' ');
  return out + wrapped(right, column, column);
}

constexpr std::string_view kGroupTitle[] = {"Options", "The policy", "How it is served", "Keys and sign-ins",
                                            "The decision log"};

std::string group_lines(Scope scope, OptionGroup group) {
  std::string out;
  for (const OptionRow& row : kOptions) {
    if (scope.has(row) && row.group == group) out += two_columns(option_word(row), meaning_of(row), kTextColumn);
  }
  return out;
}

// The everyday options; of the other groups their names, or with `all` all of it.
std::string option_lines(Scope scope, bool all) {
  std::string out, others;
  for (std::size_t i = 0; i < std::size(kGroupTitle); ++i) {
    const auto group = static_cast<OptionGroup>(i);
    const std::string lines = group_lines(scope, group), title(kGroupTitle[i]);
    if (lines.empty()) continue;
    if (all || group == OptionGroup::Everyday) {
      out += (out.empty() ? "" : "\n") + title + (out.empty() ? " (flags also as --no-flag):\n" : ":\n") + lines;
      continue;
    }
    std::string names;
    for (const OptionRow& row : kOptions) {
      if (scope.has(row) && row.group == group) names += (names.empty() ? "--" : ", --") + std::string(row.name);
    }
    others += two_columns(title, names, 22);
  }
  return others.empty() ? out : out + "\nMore, which --help-all explains:\n" + others;
}

// What a run needs, and where it may be said.
std::string needed_lines(const CommandRow& command) {
  const std::string options = ipc::required_options(command);
  if (command.is_tool() || options.empty()) return "";
  return wrapped("Needs " + options +
                     "here, in ~/.config/sentinel/config or in /etc/sentinel/config, by the options' names: see "
                     "sentinel-config(5). AWS_PROFILE names the profile, too.",
                 0, 0) +
         "\n";
}

std::string exit_code_lines(Scope scope) {
  std::string out;
  for (const ExitCodeRow& row : kExitCodes) {
    if (scope.has(row)) out += two_columns(std::string(row.shown), row.meaning, 10);
  }
  return out;
}

std::string command_help(const CommandRow& command, bool all) {
  const Scope scope(command);
  const std::string usage = "Usage: sentinel " + std::string(command.words) + " ";
  return usage + wrapped(synopsis(command), 7, usage.size()) + "\n" +
         wrapped(std::string(command.meaning) + ".", 0, 0) + "\n" + needed_lines(command) + option_lines(scope, all) +
         "\nExit codes:\n" + exit_code_lines(scope);
}

std::string group_help(const GroupRow& group) {
  const std::string word(group.word);
  std::string out =
      "Usage: sentinel " + word + " COMMAND [options]\n\n" + std::string(group.title) + ".\n\nCommands:\n";
  for (const CommandRow& row : kCommands) {
    if (row.group() == group.word) out += two_columns(std::string(row.last_word()), row.meaning, 14);
  }
  return out + "\nOptions:\n" + group_lines(Scope(group), OptionGroup::Everyday) + "\nOf each command: see `sentinel " +
         word + " COMMAND --help`.\n";
}

std::string top_help() {
  std::string out = "Usage: sentinel COMMAND [options]\n\n" + wrapped(kSummary, 0, 0) + "\nCommands:\n";
  for (const CommandRow& row : kCommands) {
    if (row.group().empty()) out += two_columns(std::string(row.words), first_sentence(row.meaning), 16);
  }
  for (const GroupRow& row : kGroups) {
    out += two_columns(std::string(row.word), std::string(row.title) + ": " + std::string(row.meaning), 16);
  }
  return out + "\nOptions:\n" + group_lines(Scope(), OptionGroup::Everyday) + "\n" +
         wrapped("Of each command: see `sentinel help COMMAND` or `sentinel COMMAND --help`.", 0, 0) +
         "\nExit codes:\n" + exit_code_lines(Scope());
}

}  // namespace

std::string help_text(Scope scope, bool all) {
  if (scope.command()) return command_help(*scope.command(), all);
  return scope.group() ? group_help(*scope.group()) : top_help();
}

}  // namespace supervisor
