// The completion script of fish: one `complete` for each option of each command.
#include "command_line/completion.h"
#include "command_line/help.h"

namespace supervisor {
namespace {

// Between single quotes.
std::string fish_text(std::string_view text) {
  std::string out;
  for (const char c : text) out += (c == '\'' || c == '\\' ? "\\" : "") + std::string(1, c);
  return out;
}

std::string fish_source(Completion complete, const std::string& words) {
  switch (complete) {
    case Completion::None:
      return " -x";
    case Completion::File:
      return " -r -F";
    case Completion::Profile:
      return " -x -a '(__sentinel_names profiles)'";
    case Completion::Key:
      return " -x -a '(__sentinel_names keys list)'";
    case Completion::Words:
      return " -x -a '" + words + "'";
  }
  return "";
}

std::string fish_line(std::string_view scope, const std::string& what, std::string_view meaning) {
  return "complete -c sentinel -n '__sentinel_in \"" + std::string(scope) + "\"'" + what + " -d '" +
         fish_text(short_meaning(meaning)) + "'\n";
}

std::string fish_options(std::string_view name, Scope scope) {
  std::string out;
  for (const OptionRow& row : kOptions) {
    if (!scope.has(row)) continue;
    std::string what = row.short_name ? std::string(" -s ") + row.short_name : "";
    what += " -l " + std::string(row.name);
    if (row.kind == OptionKind::Value) what += fish_source(row.complete, words_of_argument(row));
    out += fish_line(name, what, row.meaning);
  }
  return out;
}

std::string fish_words(std::string_view group) {
  std::string out;
  for (const CommandRow& row : kCommands) {
    if (row.group() == group) out += fish_line(group, " -x -a " + std::string(row.last_word()), row.meaning);
  }
  for (const GroupRow& row : kGroups) {
    if (group.empty()) out += fish_line("", " -x -a " + std::string(row.word), row.title);
  }
  return out;
}

std::string fish_command(const CommandRow& row) {
  std::string out = fish_options(row.words, Scope(row));
  const Completion complete = row.complete();
  if (complete == Completion::File)
    out += "complete -c sentinel -n '__sentinel_in \"" + std::string(row.words) + "\"' -F\n";
  if (complete == Completion::Profile || complete == Completion::Key) {
    out += "complete -c sentinel -n '__sentinel_in \"" + std::string(row.words) + "\"; and not __sentinel_named'" +
           fish_source(complete, "") + "\n";
  }
  return out;
}

// Which command the words so far name, whether a profile is named, and what stands behind exec's --.
constexpr std::string_view kFishHead =
    R"fish(# Printed by `sentinel --print-fish` from commands.def and options.def; a test compares.
function __sentinel_names
    set -l program (commandline -opc)[1]
    $program $argv --names 2>/dev/null
end
# The plain words before the cursor, without options and their values, as far as --.
function __sentinel_plain
    set -l skip
    for word in (commandline -opc)[2..-1]
        if test -n "$skip"
            set skip
            continue
        end
        switch $word
            case --
                return
            case )fish";

constexpr std::string_view kFishScope = R"fish(
                set skip yes
            case '-*'
            case '*'
                printf '%s\n' $word
        end
    end
end
function __sentinel_behind_dashes
    contains -- -- (commandline -opc)
end
function __sentinel_in
    __sentinel_behind_dashes; and return 1
    set -l words (__sentinel_plain)
    switch "$words[1]"
        case )fish";

constexpr std::string_view kFishRest = R"fish(
            test "$argv" = (string join ' ' -- $words[1..2])
        case '*'
            test "$argv" = "$words[1]"
    end
end
# Behind the command's words one more stands already, or an option names the profile.
function __sentinel_named
    set -l words (__sentinel_plain)
    set -l own 1
    switch "$words[1]"
        case )fish";

constexpr std::string_view kFishCommand = R"fish(
            set own 2
    end
    test (count $words) -gt $own; and return 0
    string match -q -r -- '^(-p|--profile)' (commandline -opc)
end
# What another command's own completion offers, as if it stood alone.
function __sentinel_command
    set -l words (commandline -opc)
    set -l at (contains -i -- -- $words)
    set -l rest (string escape -- $words[(math $at + 1)..-1]) (commandline -ct)
    complete -C "$rest"
end
complete -c sentinel -f
complete -c sentinel -n '__sentinel_behind_dashes; and test (__sentinel_plain)[1] = exec' -x -a '(__sentinel_command)'
)fish";

}  // namespace

std::string fish_completion() {
  std::string groups, out(kFishHead);
  for (const GroupRow& row : kGroups) groups += (groups.empty() ? "" : " ") + std::string(row.word);
  out += value_options(" ") + std::string(kFishScope) + groups + std::string(kFishRest) + groups +
         std::string(kFishCommand);
  out += fish_words("") + fish_options("", Scope());
  for (const GroupRow& row : kGroups) out += fish_words(row.word) + fish_options(row.word, Scope(row));
  for (const CommandRow& row : kCommands) out += fish_command(row);
  return out;
}

}  // namespace supervisor
