#include "run/tool.h"

#include <unistd.h>

#include "child/launch.h"
#include "terminal/exit_codes.h"
#include "terminal/say.h"

namespace supervisor {
namespace {

const ToolRow& tool_of(const CommandLine& line) { return *find_tool_row(line.scope.command()->program); }

int cannot(const CommandLine& line, const ipc::Error& error) {
  line.flag("json") ? report_as_json(error) : report(error);
  return kExitToolUsage;
}

}  // namespace

std::vector<std::string> tool_arguments(const CommandLine& line) {
  std::vector<std::string> words{std::string(tool_of(line).name), std::string(line.scope.command()->last_word())};
  for (const OptionRow& row : kOptions) {
    if (!line.scope.has(row) || row.kind == OptionKind::Print) continue;
    const std::string value = line.value(row.name);
    if (!value.empty()) words.push_back("--" + std::string(row.name) + "=" + value);
  }
  words.emplace_back("--");
  words.insert(words.end(), line.arguments.begin(), line.arguments.end());
  return words;
}

int become_tool(const CommandLine& line) {
  if (ipc::Status fits = check_command_line(line); !fits) return cannot(line, fits.error());
  const ToolRow& tool = tool_of(line);
  const auto path = find_tool(tool.folder, tool.name);
  if (!path) return cannot(line, path.error());
  const std::vector<std::string> words = tool_arguments(line);
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  ::execv(path->c_str(), argv.data());
  return cannot(line, ipc::system_error("cannot run " + *path, "install Sentinel again, or build it whole").error());
}

}  // namespace supervisor
