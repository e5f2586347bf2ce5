// The command line as the tables allow it: which command it names, which words are options, which its arguments. It
// knows no meaning; request.h judges combinations.
//
// Runs in: supervisor.   Blocks: never.
// Fails: kUsage for anything the tables do not hold, with the nearest word as the next step.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/commands/commands.h"
#include "ipc/result.h"

namespace supervisor {

// The tables' types and rows, as the parser and the help call them.
using ipc::Choice;
using ipc::choice_of;
using ipc::CommandRow;
using ipc::Completion;
using ipc::find_command;
using ipc::find_group;
using ipc::find_option;
using ipc::find_tool_row;
using ipc::GroupRow;
using ipc::kCommands;
using ipc::kGroups;
using ipc::kOptions;
using ipc::kTools;
using ipc::may_be_given_again;
using ipc::next_item;
using ipc::OptionGroup;
using ipc::OptionKind;
using ipc::OptionMode;
using ipc::OptionRow;
using ipc::Program;
using ipc::Scope;
using ipc::Settable;
using ipc::ToolRow;

// The given options by name; a Flag is "true" or "false". An option that was not given is absent.
struct CommandLine {
  Scope scope;
  std::map<std::string, std::string, std::less<>> given;  // the first value
  // Those that came behind it on the command line, where there may be more.
  std::map<std::string, std::vector<std::string>, std::less<>> more;
  // Of those that a setting gave and not the command line: where it stands, such as "/etc/sentinel/config:3".
  std::map<std::string, std::string, std::less<>> places;
  std::vector<std::string> arguments;  // the positional ones

  [[nodiscard]] bool is(Program program) const { return scope.command() && scope.command()->program == program; }
  [[nodiscard]] bool has(std::string_view name) const { return given.contains(name); }
  [[nodiscard]] bool flag(std::string_view name) const;
  // Whether it is given and asks for something: a Flag that is off does not.
  [[nodiscard]] bool asks_for(const OptionRow&) const;
  // The given value, or the table's default.
  [[nodiscard]] std::string value(std::string_view name) const;
  // Of an option that may be given again: all that were, each once.
  [[nodiscard]] std::vector<std::string> values(std::string_view name) const;
};

// "SENTINEL_POLICY_PARAMETER": the variable of an option.
std::string variable_of(std::string_view option);

// "see `sentinel exec --help`"
std::string see_help(Scope);

// `arguments` without the program's name.
ipc::Result<CommandLine> parse_command_line(std::span<const std::string_view> arguments);

// Whether an option may have this value: none is empty, and one of a list of words is one of them.
ipc::Status check_value(const OptionRow&, std::string_view value);

// The mode column of the table: an option of a mode that is not on would do nothing, so it is refused.
ipc::Status check_mode(const CommandLine&, const OptionRow&);

// The same refusal, which says of each option in it that a setting gave where that stands, and how to undo it.
ipc::Error with_places(ipc::Error, const CommandLine&);

// What the tables demand together: required options, options that need another one, and the number of arguments.
ipc::Status check_command_line(const CommandLine&);

// Who is meant by these words, right or wrong: each program has exit codes of its own. nullopt: no word names one.
std::optional<Program> program_meant(std::span<const std::string_view> arguments);

}  // namespace supervisor
