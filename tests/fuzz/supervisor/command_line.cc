// Any words as the command line. What is accepted for a run names a profile, one policy and a command, and is within
// its bounds; what is accepted for a tool reaches it as one word, options with values, and the arguments as typed.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "command_line/help.h"
#include "command_line/request.h"
#include "must.h"
#include "run/tool.h"

namespace {

using namespace std::chrono_literals;
using supervisor::CommandLine;

void judge_run(const CommandLine& line) {
  const auto request = supervisor::exec_request(line, {"", "/bin/sh", "/here"});
  if (!request) return;
  const ipc::Begin& task = request->task;
  must(!task.profile.empty() && task.profile.str().size() <= 256);
  must(task.policy_file.empty() != task.policy_parameter.empty());
  must(task.policy_file.empty() || task.policy_file.str().front() == '/');
  must(task.policy_key.empty() || task.policy_kms_key.empty());
  const bool server = task.mode == ipc::RunMode::Server;
  must(server ? task.duration.get() >= 15min : task.duration.get() == 0s || task.duration.get() >= 15min);
  must(task.duration.get() <= 12h);
  const bool command = task.mode != ipc::RunMode::CredentialProcess;
  must(command ? !request->command.empty() && !request->command.front().empty() : request->command.empty());
}

void judge_tool(const CommandLine& line) {
  if (!supervisor::check_command_line(line)) return;
  const std::vector<std::string> words = supervisor::tool_arguments(line);
  const auto dashes = std::find(words.begin() + 2, words.end(), "--");
  must(dashes != words.end());
  for (auto word = words.begin() + 2; word != dashes; ++word) {
    must(word->starts_with("--") && word->find('=') != std::string::npos && word->back() != '=');
  }
  must(std::equal(dashes + 1, words.end(), line.arguments.begin(), line.arguments.end()));
}

void judge(const std::vector<std::string_view>& words) {
  const auto line = supervisor::parse_command_line(words);
  if (!line) return must(!line.error().next_step.empty());
  must(!supervisor::help_text(line->scope).empty());
  if (!line->scope.command()) return;
  must(line->scope.command()->program == supervisor::program_meant(words) || words.front().starts_with('-'));
  return line->scope.command()->is_tool() ? judge_tool(*line) : judge_run(*line);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<std::string_view> words;
  while (!text.empty()) {  // one word per line
    const std::size_t end = text.find('\n');
    words.push_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  judge(words);
  words.insert(words.begin(), "exec");
  judge(words);
  return 0;
}
