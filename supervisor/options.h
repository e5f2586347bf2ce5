// The command line as the option table allows it: which words are options, which the command. It knows no meaning;
// exec_request.h judges combinations.
//
// Runs in: supervisor.   Blocks: never.
// Fails: kUsage for anything the table does not hold, with the nearest option as the next step.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/result.h"

namespace supervisor {

enum class OptionKind { Flag, Value, Print };
enum class OptionMode { Top, Exec, Server, UnixServer, TcpServer };
enum class Completion { None, File, Words };

struct OptionRow {
  std::string_view name;
  char short_name;
  OptionKind kind;
  std::string_view argument, initial;
  OptionMode mode;
  Completion complete;
  std::string_view meaning;
};

#define OPTION(name, letter, kind, argument, initial, mode, complete, meaning) \
  OptionRow{name, letter, OptionKind::kind, argument, initial, OptionMode::mode, Completion::complete, meaning},
inline constexpr OptionRow kOptions[] = {
#include "options.def"
};
#undef OPTION

constexpr bool is_top(const OptionRow& row) { return row.mode == OptionMode::Top; }

// The given options by name; a Flag is "true" or "false". An option that was not given is absent.
struct CommandLine {
  bool exec = false;  // the word `exec` was there
  std::map<std::string, std::string, std::less<>> given;
  std::vector<std::string> command;

  [[nodiscard]] bool has(std::string_view name) const { return given.contains(name); }
  [[nodiscard]] bool flag(std::string_view name) const;
  // The given value, or the table's default.
  [[nodiscard]] std::string value(std::string_view name) const;
};

// `arguments` without the program's name.
ipc::Result<CommandLine> parse_command_line(std::span<const std::string_view> arguments);

}  // namespace supervisor
