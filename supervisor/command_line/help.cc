#include "command_line/help.h"

#include <algorithm>
#include <vector>

#include "terminal/exit_codes.h"

namespace supervisor {
namespace {

constexpr std::size_t kTextColumn = 34, kWidth = 100;

constexpr std::string_view kSummary =
    "Brokers short-lived AWS credentials: the long-term keys stay in one process, and a policy judges who gets what.";
constexpr std::string_view kModeNote[] = {"",
                                          "; with --server",
                                          "; with --unix-socket",
                                          "; over TCP",
                                          "; without --server",
                                          "; with --server and a policy",
                                          "",
                                          "",
                                          "; with --profile",
                                          "; with --log-key",
                                          "; with --remote-server",
                                          "; with --auto-login"};

// ---- what the tables say, in words ----

// "--profile NAME (--policy-parameter NAME | --policy-file PATH) [options] FILE"
std::string synopsis(const CommandRow& command) {
  const std::string out = ipc::required_options(command) + "[options]";
  return command.positional.empty() ? out : out + " " + std::string(command.positional);
}

std::string_view first_sentence(std::string_view text) { return text.substr(0, text.find(". ")); }

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

std::vector<Scope> command_scopes() {
  std::vector<Scope> scopes;
  for (const CommandRow& row : kCommands) scopes.emplace_back(row);
  return scopes;
}

// ---- help ----

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

std::string two_columns(const std::string& left, std::string_view right, std::size_t column) {
  std::string out = "  " + left;
  out += out.size() + 2 > column ? "\n" + std::string(column, ' ') : std::string(column - out.size(), ' ');
  return out + wrapped(right, column, column);
}

std::string option_lines(Scope scope) {
  std::string out;
  for (const OptionRow& row : kOptions) {
    if (scope.has(row)) out += two_columns(option_word(row), meaning_of(row), kTextColumn);
  }
  return out;
}

std::string exit_code_lines(Scope scope) {
  std::string out;
  for (const ExitCodeRow& row : kExitCodes) {
    if (scope.has(row)) out += two_columns(std::string(row.shown), row.meaning, 10);
  }
  return out;
}

std::string command_help(const CommandRow& command) {
  const Scope scope(command);
  const std::string usage = "Usage: sentinel " + std::string(command.words);
  return usage + wrapped(synopsis(command), 7, usage.size()) + "\n" +
         wrapped(std::string(command.meaning) + ".", 0, 0) + "\nOptions (flags also as --no-flag):\n" +
         option_lines(scope) + "\nExit codes:\n" + exit_code_lines(scope);
}

std::string group_help(const GroupRow& group) {
  const std::string word(group.word);
  std::string out =
      "Usage: sentinel " + word + " COMMAND [options]\n\n" + std::string(group.title) + ".\n\nCommands:\n";
  for (const CommandRow& row : kCommands) {
    if (row.group() == group.word) out += two_columns(std::string(row.last_word()), row.meaning, 14);
  }
  return out + "\nOptions:\n" + option_lines(Scope(group)) + "\nOf each command: see `sentinel " + word +
         " COMMAND --help`.\n";
}

std::string top_help() {
  std::string out = "Usage: sentinel COMMAND [options]\n\n" + wrapped(kSummary, 0, 0) + "\nCommands:\n";
  for (const CommandRow& row : kCommands) {
    if (row.group().empty()) out += two_columns(std::string(row.words), first_sentence(row.meaning), 16);
  }
  for (const GroupRow& row : kGroups) {
    out += two_columns(std::string(row.word), std::string(row.title) + ": " + std::string(row.meaning), 16);
  }
  return out + "\nOptions:\n" + option_lines(Scope()) +
         "\nOf each command: see `sentinel help COMMAND` or `sentinel COMMAND --help`.\n";
}

// ---- manual page ----

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

std::string roff_item(std::string_view head, std::string_view text) {
  return ".TP\n.B " + roff(head) + "\n" + roff(text) + ".\n";
}

// An option is described where it comes first, and only named after that.
std::string roff_options(Scope scope, std::vector<const OptionRow*>& described) {
  std::string out, known;
  for (const OptionRow& row : kOptions) {
    if (!scope.has(row)) continue;
    if (std::ranges::find(described, &row) != described.end()) {
      known += (known.empty() ? "" : ", ") + option_word(row);
      continue;
    }
    described.push_back(&row);
    out += roff_item(option_word(row), meaning_of(row));
  }
  if (!known.empty()) out += ".PP\nAs above: " + roff(known) + ".\n";
  return out;
}

// "policy, audit, doctor": the first word of every command that a tool serves.
std::string tool_words() {
  std::string out;
  for (const ToolRow& tool : kTools) {
    const CommandRow& row = *std::ranges::find(kCommands, tool.program, &CommandRow::program);
    out += (out.empty() ? "" : ", ") + std::string(row.group().empty() ? row.words : row.group());
  }
  return out;
}

std::string roff_exit_codes() {
  std::string out = ".SH EXIT STATUS\n";
  std::string_view last;
  for (const ExitCodeRow& row : kExitCodes) {
    if (row.commands != last) {
      last = row.commands;
      const std::string title = last == "tools" ? "the tools (" + tool_words() + ")" : std::string(last);
      out += ".SS Of " + title + "\n";
    }
    out += roff_item(row.shown, row.meaning);
  }
  return out;
}

// Files that matter beside those of the command line.
struct FileRow {
  std::string_view path, meaning;
};
constexpr FileRow kFiles[] = {
    {"/etc/sentinel/policy.pub",
     "public key (PEM) that must have signed every policy used on this host; root's, and writable by root alone"},
    {"/etc/sentinel/posture.json", "what root says of this device, for rules that ask about it; a JSON object"},
    {"/etc/sentinel/posture", "program of root's that prints the same, asked where there is no posture.json"},
    {"FILE.sig", "signature of the policy FILE, as `sentinel policy sign` writes it"},
    {"~/.local/state/sentinel/decisions.jsonl", "the decision log, where no option says otherwise"},
    {"~/.local/state/sentinel/decisions.jsonl-head, PATH-head",
     "copies of the log's last two lines (of --log-file PATH, beside it), so that lines cut off at the end show. A "
     "program that may write both files, as any of the same user, can remove both or put older "
     "copies of both back: against it --log-syslog sends each line's number and hash (log_sequence, log_hash) where it "
     "cannot reach them, for `sentinel audit verify --expect-head`"},
    {"~/.local/state/sentinel/policy-versions",
     "the highest version seen of each signed policy, so that no older one is taken again"},
    {"sentinel-XXXXXX in $XDG_RUNTIME_DIR, /run/user/UID, ~/.local/state/sentinel/run or /tmp",
     "files of a run while it lasts: the command's AWS config and the socket, in the first of these folders that is "
     "yours alone. When another program changes one of them, the run ends (--on-tamper)"},
    {"~/.local/state/sentinel/sessions",
     "sessions that a one-time code began, sealed, for those runs of yours that are given --share-mfa"},
    {"~/.local/state/sentinel/role-keys, openers",
     "the same of a role's credentials (--cache), and of what opens stored keys (--remember); sentinel cache lists and "
     "clears all three"},
};

std::string roff_files() {
  std::string out =
      ".SH FILES\n~ is HOME where that is an absolute path, else the home folder of the password database. Who the "
      "user is, AWS and the password database say, never HOME, USER or LOGNAME; a user without an entry there is named "
      "by the uid in digits. Where XDG_STATE_HOME is set, it stands for ~/.local/state.\n";
  for (const FileRow& row : kFiles) out += roff_item(row.path, row.meaning);
  return out;
}

// ---- completion ----

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

std::string help_text(Scope scope) {
  if (scope.command()) return command_help(*scope.command());
  return scope.group() ? group_help(*scope.group()) : top_help();
}

constexpr std::string_view kSeeAlso =
    ".SH SEE ALSO\n.BR sentinel\\-run (7),\n.BR sentinel\\-security (7),\n.BR sentinel\\-policy (5),\n"
    ".BR sentinel\\-profiles (5),\n.BR sentinel\\-keys (7),\n.BR sentinel\\-remote (7),\n.BR sentinel\\-log (5)\n";

std::string manual_page() {
  std::vector<const OptionRow*> described;
  std::string out =
      ".\\\" Printed by `sentinel --print-man` from commands.def, options.def and exit_codes.def; a test compares.\n";
  out +=
      ".TH SENTINEL 1 \"\" \"Sentinel\" \"User Commands\"\n.SH NAME\nsentinel \\- run a command with brokered AWS "
      "credentials\n.SH SYNOPSIS\n";
  for (const CommandRow& row : kCommands) {
    out += ".B sentinel " + roff(row.words) + "\n" + roff(synopsis(row)) + "\n.br\n";
  }
  out += ".SH DESCRIPTION\n" + roff(kSummary) + "\n.SH OPTIONS\n" + roff_options(Scope(), described);
  out += ".SH COMMANDS\nFlags also work as \\-\\-no\\-flag.\n";
  for (const Scope scope : command_scopes()) {
    const CommandRow& row = *scope.command();
    out += ".SS sentinel " + roff(row.words) + "\n" + roff(row.meaning) + ".\n" + roff_options(scope, described);
  }
  return out + roff_exit_codes() + roff_files() + std::string(kSeeAlso);
}

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
