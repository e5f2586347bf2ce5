// The manual page sentinel(1), as roff.
#include <algorithm>
#include <vector>

#include "command_line/help.h"
#include "command_line/manual_sections.h"
#include "command_line/table_words.h"
#include "ipc/terminal/roff.h"
#include "terminal/exit_codes.h"

namespace supervisor {
namespace {

using ipc::roff, ipc::roff_item;

// Where an option of a run may be said, beside the command line.
std::string where_of(const OptionRow& row) {
  switch (row.where) {
    case Settable::Line:
      return "";
    case Settable::Root:
      return ". In /etc/sentinel/config, too";
    case Settable::User:
      return ". In a config file, too";
    case Settable::Variable:
      return ". In a config file and as " + variable_of(row.name) + ", too";
  }
  return "";
}

// Where options may be said, as the table's column has it.
struct PlaceRow {
  Settable where;
  std::string_view head;
};
constexpr PlaceRow kPlaces[] = {
    {Settable::Variable, "By a variable (SENTINEL_<OPTION>), in a config file, on the command line"},
    {Settable::User, "In a config file, on the command line"},
    {Settable::Root, "In /etc/sentinel/config, on the command line"},
    {Settable::Line, "On the command line alone"},
};

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
    out += roff_item(option_word(row), meaning_of(row) + where_of(row));
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
      const std::string title = last == "tools" ? "the tools (" + tool_words() + ")"
                                : last == "top" ? "sentinel without a command"
                                                : std::string(last);
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
    {"/etc/sentinel/config, ~/.config/sentinel/config",
     "settings of root's and of the user's, key = value by the options' names: see sentinel-config(5). Where "
     "XDG_CONFIG_HOME is set, it stands for ~/.config"},
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

bool is_of(std::string_view command, const OptionRow& row) { return Scope(*find_command(command)).has(row); }

std::string roff_settings() {
  std::string out =
      ".SH SETTINGS\nOptions of exec, credentials, whoami and login can stand in /etc/sentinel/config and in "
      "~/.config/sentinel/config, and some can be variables: see\n.BR sentinel\\-config (5).\n";
  for (const PlaceRow& place : kPlaces) {
    std::string names;
    for (const OptionRow& row : kOptions) {
      const bool of_login = is_of("login", row);
      const bool of_another = is_of("exec", row) || is_of("credentials", row) || is_of("whoami", row);
      const bool is_said = std::ranges::find(kOptions, row.name, &OptionRow::name) != &row;
      if ((!of_login && !of_another) || is_said || row.kind == OptionKind::Print || row.where != place.where) continue;
      names += (names.empty() ? "" : ", ") + std::string(row.name) + (of_another ? "" : " (of login)");
    }
    out += roff_item(place.head, names);
  }
  return out;
}

std::string roff_files() {
  std::string out =
      ".SH FILES\n~ is HOME where that is an absolute path, else the home folder of the password database. Who the "
      "user is, AWS and the password database say, never HOME, USER or LOGNAME; a user without an entry there is named "
      "by the uid in digits. Where XDG_STATE_HOME is set, it stands for ~/.local/state.\n";
  for (const FileRow& row : kFiles) out += roff_item(row.path, row.meaning);
  return out;
}

std::vector<Scope> command_scopes() {
  std::vector<Scope> scopes;
  for (const CommandRow& row : kCommands) scopes.emplace_back(row);
  return scopes;
}

}  // namespace

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
  return out + roff_settings() + roff_exit_codes() + roff_environment() + roff_files() + roff_permissions() +
         roff_examples() + ipc::roff_see_also("sentinel(1)");
}

}  // namespace supervisor
