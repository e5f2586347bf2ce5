// The command line as the tables allow it: which command it names, which words are options, which its arguments. It
// knows no meaning; request.h judges combinations.
//
// Runs in: supervisor.   Blocks: never.
// Fails: kUsage for anything the tables do not hold, with the nearest word as the next step.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "command_line/commands.h"
#include "ipc/result.h"

namespace supervisor {

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
  WithAutoLogin
};
enum class Completion { None, File, Words };

struct OptionRow {
  std::string_view name;
  char short_name;
  std::string_view commands;
  OptionKind kind;
  std::string_view argument, initial;
  OptionMode mode;
  Completion complete;
  std::string_view meaning;
};

#define OPTION(name, letter, commands, kind, argument, initial, mode, complete, meaning)                           \
  OptionRow{name,   letter, commands, OptionKind::kind, argument, initial, OptionMode::mode, Completion::complete, \
            meaning},
inline constexpr OptionRow kOptions[] = {
#include "command_line/options.def"
};
#undef OPTION

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

constexpr bool every_option_belongs_somewhere() {
  for (const OptionRow& row : kOptions) {
    for (std::string_view list = row.commands; !list.empty();) {
      const std::string_view item = next_item(list);
      if (item != "top" && item != "groups" && item != "tools" && !find_command(item)) return false;
    }
    if (row.commands.empty() || row.meaning.empty()) return false;
  }
  return true;
}
CHECK_TABLE(every_option_belongs_somewhere(), "options.def names a command that commands.def does not have");

constexpr bool no_command_has_an_option_twice() {
  for (const CommandRow& command : kCommands) {
    for (const OptionRow& row : kOptions) {
      if (Scope(command).has(row) && find_option(row.name, Scope(command)) != &row) return false;
    }
  }
  return true;
}
CHECK_TABLE(no_command_has_an_option_twice());

// So that the completion script can go by the name alone.
constexpr bool equal_names_complete_equally() {
  for (const OptionRow& a : kOptions) {
    for (const OptionRow& b : kOptions) {
      if (a.name == b.name && (a.kind != b.kind || a.complete != b.complete)) return false;
      if (a.name == b.name && a.complete == Completion::Words && a.argument != b.argument) return false;
    }
  }
  return true;
}
CHECK_TABLE(equal_names_complete_equally());

// An item of the required column: the options with | between them, and whether one of them must be there.
struct Choice {
  std::string_view names;
  bool must;
};
constexpr Choice choice_of(std::string_view item) {
  const bool must = !item.ends_with('?');
  return {must ? item : item.substr(0, item.size() - 1), must};
}

constexpr bool every_required_option_exists() {
  for (const CommandRow& command : kCommands) {
    for (std::string_view list = command.required; !list.empty();) {
      for (std::string_view item = choice_of(next_item(list)).names; !item.empty();) {
        if (!find_option(next_item(item, '|'), Scope(command))) return false;
      }
    }
  }
  return true;
}
CHECK_TABLE(every_required_option_exists());

// The given options by name; a Flag is "true" or "false". An option that was not given is absent.
struct CommandLine {
  Scope scope;
  std::map<std::string, std::string, std::less<>> given;
  std::vector<std::string> arguments;  // the positional ones

  [[nodiscard]] bool is(Program program) const { return scope.command() && scope.command()->program == program; }
  [[nodiscard]] bool has(std::string_view name) const { return given.contains(name); }
  [[nodiscard]] bool flag(std::string_view name) const;
  // The given value, or the table's default.
  [[nodiscard]] std::string value(std::string_view name) const;
};

// `arguments` without the program's name.
ipc::Result<CommandLine> parse_command_line(std::span<const std::string_view> arguments);

// What the tables demand together: required options, options that need another one, and the number of arguments.
ipc::Status check_command_line(const CommandLine&);

// Whether the words, right or wrong, are meant for a tool, which has exit codes of its own.
bool speaks_to_a_tool(std::span<const std::string_view> arguments);

}  // namespace supervisor
