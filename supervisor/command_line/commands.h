// What `sentinel` can be told to do, as rows; see commands.def.
//
// Runs in: supervisor.   Blocks: never.
#pragma once

#include <cstddef>
#include <limits>
#include <string_view>

namespace supervisor {

// Who serves a command: sentinel itself, or the tool that it becomes.
#define TOOL(program, name, folder) program,
#define GROUP(word, title, meaning)
#define COMMAND(words, program, positional, least, most, required, meaning)
enum class Program {
  Exec,
  Credentials,
  Whoami,
#include "command_line/commands.def"
};
#undef TOOL
#undef GROUP
#undef COMMAND

struct ToolRow {
  Program program;
  std::string_view name, folder;
};

#define TOOL(program, name, folder) ToolRow{Program::program, name, folder},
#define GROUP(word, title, meaning)
#define COMMAND(words, program, positional, least, most, required, meaning)
inline constexpr ToolRow kTools[] = {
#include "command_line/commands.def"
};
#undef TOOL
#undef GROUP
#undef COMMAND

constexpr const ToolRow* find_tool_row(Program program) {
  for (const ToolRow& row : kTools) {
    if (row.program == program) return &row;
  }
  return nullptr;
}

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
  [[nodiscard]] constexpr bool is_tool() const { return find_tool_row(program) != nullptr; }
};

struct GroupRow {
  std::string_view word, title, meaning;
};

inline constexpr std::size_t kMany = std::numeric_limits<std::size_t>::max();

#define TOOL(program, name, folder)
#define GROUP(word, title, meaning)
#define COMMAND(words, program, positional, least, most, required, meaning) \
  CommandRow{words, Program::program, positional, least, most, required, meaning},
inline constexpr CommandRow kCommands[] = {
#include "command_line/commands.def"
};
#undef TOOL
#undef GROUP
#undef COMMAND

#define TOOL(program, name, folder)
#define GROUP(word, title, meaning) GroupRow{word, title, meaning},
#define COMMAND(words, program, positional, least, most, required, meaning)
inline constexpr GroupRow kGroups[] = {
#include "command_line/commands.def"
};
#undef TOOL
#undef GROUP
#undef COMMAND

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

// The plain build proves the tables. Under -fsanitize=undefined g++ takes no comparison of pointers for a constant (GCC
// bug 71962), so there the sanitized build trusts it.
#ifdef SENTINEL_SANITIZED
#define CHECK_TABLE(...)
#else
#define CHECK_TABLE(...) static_assert(__VA_ARGS__)
#endif

constexpr bool every_group_is_there_and_used() {
  for (const CommandRow& row : kCommands) {
    if (!row.group().empty() && !find_group(row.group())) return false;
    if (!row.group().empty() && !row.is_tool()) return false;  // a group's words are a tool's
  }
  for (const GroupRow& group : kGroups) {
    bool used = false;
    for (const CommandRow& row : kCommands) used = used || row.group() == group.word;
    if (!used) return false;
  }
  return true;
}
CHECK_TABLE(every_group_is_there_and_used());

constexpr bool every_tool_is_used() {
  for (const ToolRow& tool : kTools) {
    bool used = false;
    for (const CommandRow& row : kCommands) used = used || row.program == tool.program;
    if (!used) return false;
  }
  return true;
}
CHECK_TABLE(every_tool_is_used());

// The items of a list in a table: "a, b|c" is "a" and "b|c". Takes the first off `list`.
constexpr std::string_view next_item(std::string_view& list, char divider = ',') {
  const std::size_t end = list.find(divider);
  const std::string_view item = list.substr(0, end);
  list = end == std::string_view::npos ? std::string_view{} : list.substr(end + 1);
  while (!list.empty() && list.front() == ' ') list.remove_prefix(1);
  return item;
}

}  // namespace supervisor
