// What `sentinel` and its tools can be told to do, as rows; see commands.def and options.def.
//
// Runs in: supervisor, and the tools that it becomes.   Blocks: never.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

#include "ipc/result.h"

namespace ipc {

// The files that one command takes at most.
inline constexpr std::size_t kMaxFiles = 256;
// The words of a command that exec runs: its own affair.
inline constexpr std::size_t kMany = std::numeric_limits<std::size_t>::max();

// Who serves a command: sentinel itself, or the tool that it becomes.
enum class Program {
  Exec,
  Credentials,
  Whoami,
  Init,
  Login,
  RunStatus,
#define TOOL(program, name, folder) program,
#include "ipc/commands/commands.def"
};

struct ToolRow {
  Program program;
  std::string_view name, folder;
};

inline constexpr ToolRow kTools[] = {
#define TOOL(program, name, folder) ToolRow{Program::program, name, folder},
#include "ipc/commands/commands.def"
};

constexpr const ToolRow* find_tool_row(Program program) {
  for (const ToolRow& row : kTools) {
    if (row.program == program) return &row;
  }
  return nullptr;
}

enum class Completion { None, File, Profile, Key, Words };

struct CommandRow {
  std::string_view words;
  Program program;
  std::string_view positional;
  std::size_t least, most;
  std::string_view required, meaning;

  // "policy" and "lint" of "policy lint"; a command of one word has no group.
  [[nodiscard]] constexpr std::string_view group() const {
    const std::size_t blank = words.find(' ');
    return blank == std::string_view::npos ? std::string_view{} : words.substr(0, blank);
  }
  [[nodiscard]] constexpr std::string_view last_word() const {
    const std::size_t blank = words.find(' ');
    return blank == std::string_view::npos ? words : words.substr(blank + 1);
  }
  // What the shell offers for what stands behind the options.
  [[nodiscard]] constexpr Completion complete() const {
    if (!is_tool()) return Completion::Profile;
    if (most == 0) return Completion::None;
    if (positional != "PROFILE") return Completion::File;
    return words == "keys add" ? Completion::Profile : Completion::Key;  // what is stored has a name already
  }
  [[nodiscard]] constexpr bool is_tool() const { return find_tool_row(program) != nullptr; }
};

struct GroupRow {
  std::string_view word, title, meaning;
};

inline constexpr CommandRow kCommands[] = {
#define COMMAND(name, words, program, positional, least, most, required, meaning) \
  CommandRow{words, Program::program, positional, least, most, required, meaning},
#include "ipc/commands/commands.def"
};

inline constexpr GroupRow kGroups[] = {
#define GROUP(word, title, meaning) GroupRow{word, title, meaning},
#include "ipc/commands/commands.def"
};

constexpr const CommandRow* find_command(std::string_view words) {
  for (const CommandRow& row : kCommands) {
    if (row.words == words) return &row;
  }
  return nullptr;
}

constexpr const GroupRow* find_group(std::string_view word) {
  for (const GroupRow& row : kGroups) {
    if (row.word == word) return &row;
  }
  return nullptr;
}

// The items of a list in a table: "a, b|c" is "a" and "b|c". Takes the first off `list`.
constexpr std::string_view next_item(std::string_view& list, char divider = ',') {
  const std::size_t end = list.find(divider);
  const std::string_view item = list.substr(0, end);
  list = end == std::string_view::npos ? std::string_view{} : list.substr(end + 1);
  while (!list.empty() && list.front() == ' ') list.remove_prefix(1);
  return item;
}

enum class OptionKind { Flag, Value, Print };
enum class OptionMode {
  Any,
  Server,
  UnixServer,
  TcpServer,
  NoServer,
  PolicyServer,
  LocalPolicy,
  OwnKey,
  WithProfile,
  WithLogKey,
  WithRemote,
  WithAutoLogin,
  NoJson
};
// Where an option may be said beside the command line: each place, and those before it.
enum class Settable { Line, Root, User, Variable };
enum class OptionGroup { Everyday, Policy, Serving, SignIn, Log };

struct OptionRow {
  std::string_view name;
  char short_name;
  std::string_view commands;
  OptionKind kind;
  std::string_view argument, initial;
  OptionMode mode;
  Settable where;
  OptionGroup group;
  Completion complete;
  std::string_view meaning;
};

// "NAME...": each is kept, in the order in which they are given. "NAME,..." is one list.
constexpr bool may_be_given_again(const OptionRow& row) {
  return row.kind == OptionKind::Value && row.argument.ends_with("...") && !row.argument.ends_with(",...");
}

// "NAME" of "NAME...".
constexpr std::string_view one_argument(const OptionRow& row) {
  return row.argument.substr(0, row.argument.size() - (may_be_given_again(row) ? 3 : 0));
}

#define OPTION(name, letter, commands, kind, argument, initial, mode, where, group, complete, meaning) \
  OptionRow{name,    letter,           commands,        OptionKind::kind,   argument,                  \
            initial, OptionMode::mode, Settable::where, OptionGroup::group, Completion::complete,      \
            meaning},
inline constexpr OptionRow kOptions[] = {
#include "ipc/commands/options.def"
};

// Where on the command line options stand: before any command, behind a group's word, or behind a command.
class Scope {
 public:
  constexpr Scope() = default;
  constexpr explicit Scope(const GroupRow& group) : group_(&group) {}
  constexpr explicit Scope(const CommandRow& command) : command_(&command) {}

  [[nodiscard]] constexpr bool is_top() const { return !group_ && !command_; }
  [[nodiscard]] constexpr const GroupRow* group() const { return group_; }
  [[nodiscard]] constexpr const CommandRow* command() const { return command_; }
  // Any row of a table that has such a column.
  template <class Row>
  [[nodiscard]] constexpr bool has(const Row& row) const {
    for (std::string_view list = row.commands; !list.empty();) {
      const std::string_view item = next_item(list);
      if (item == name() || (item == "tools" && command_ && command_->is_tool())) return true;
    }
    return false;
  }

 private:
  [[nodiscard]] constexpr std::string_view name() const {
    return command_ ? command_->words : std::string_view(group_ ? "groups" : "top");
  }
  const GroupRow* group_ = nullptr;
  const CommandRow* command_ = nullptr;
};

constexpr const OptionRow* find_option(std::string_view name, Scope scope) {
  for (const OptionRow& row : kOptions) {
    if (row.name == name && scope.has(row)) return &row;
  }
  return nullptr;
}

// An item of the required column: the options with | between them, whether one of them must be there, and whether more
// than one may.
struct Choice {
  std::string_view names;
  bool must, several;
};
constexpr Choice choice_of(std::string_view item) {
  const bool must = !item.ends_with('?'), several = item.ends_with('+');
  return {must && !several ? item : item.substr(0, item.size() - 1), must, several};
}

// "--profile NAME (--policy-parameter NAME | --policy-file PATH) ": what must be there, with a blank behind each.
std::string required_options(const CommandRow& command);
// "policy test [--policy PATH] FILE": all that the command takes but --json, --color and --help, which each tool takes.
std::string usage_of(const CommandRow& command);
// "policy validate takes at most 256 files, and 257 are given"
[[nodiscard]] std::unexpected<Error> too_many_files(const CommandRow& command, std::size_t given);

}  // namespace ipc
