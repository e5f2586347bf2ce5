#include "ipc/commands/commands.h"

namespace ipc {

// The plain build proves the tables. Under -fsanitize=undefined g++ takes no comparison of pointers for a constant (GCC
// bug 71962), so there the sanitized build trusts it. The checks lie in no unnamed namespace, where clang would miss their
// use then.
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

// What a tool's function is called, and what is typed, are the same words.
constexpr bool is_the_name_of(std::string_view name, std::string_view words) {
  if (name.size() != words.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] != (words[i] == ' ' ? '_' : words[i])) return false;
  }
  return true;
}
#define COMMAND(name, words, ...) static_assert(is_the_name_of(#name, words));
#include "ipc/commands/commands.def"

// A tool is handed names of files, or one of a profile: never more than it takes.
constexpr bool every_tool_has_a_limit() {
  for (const CommandRow& row : kCommands) {
    if (row.is_tool() && row.most > kMaxFiles) return false;
  }
  return true;
}
CHECK_TABLE(every_tool_has_a_limit());

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

namespace {

std::string option_with_argument(const OptionRow& row) {
  return "--" + std::string(row.name) + (row.argument.empty() ? "" : " " + std::string(row.argument));
}

bool is_required(const CommandRow& command, std::string_view option) {
  for (std::string_view list = command.required; !list.empty();) {
    for (std::string_view names = choice_of(next_item(list)).names; !names.empty();) {
      if (next_item(names, '|') == option) return true;
    }
  }
  return false;
}

}  // namespace

std::string required_options(const CommandRow& command) {
  std::string out;
  for (std::string_view list = command.required; !list.empty();) {
    Choice choice = choice_of(next_item(list));
    const bool several = choice.names.find('|') != std::string_view::npos;
    out += !choice.must ? "[" : several ? "(" : "";
    while (!choice.names.empty()) {
      const OptionRow* row = find_option(next_item(choice.names, '|'), Scope(command));
      out += option_with_argument(*row) + (choice.names.empty() ? "" : " | ");
    }
    out += !choice.must ? "] " : several ? ") " : " ";
  }
  return out;
}

std::string usage_of(const CommandRow& command) {
  std::string out = std::string(command.words) + " " + required_options(command);
  for (const OptionRow& row : kOptions) {
    const bool of_each_tool = row.commands.ends_with("tools");
    if (!Scope(command).has(row) || of_each_tool || is_required(command, row.name)) continue;
    out += "[" + option_with_argument(row) + "] ";
  }
  out += command.positional;
  if (out.back() == ' ') out.pop_back();
  return out;
}

std::unexpected<Error> too_many_files(const CommandRow& command, std::size_t given) {
  return fail(Fault::kUsage,
              std::string(command.words) + " takes at most " + std::to_string(command.most) + " files, and " +
                  std::to_string(given) + " are given",
              "name fewer files at a time");
}

}  // namespace ipc
