#include "settings/log_of_runs.h"

#include <array>
#include <string_view>
#include <utility>

#include "settings/apply.h"

namespace supervisor {
namespace {

std::unexpected<ipc::Error> cannot_say(ipc::Error error) {
  error.next_step += (error.next_step.empty() ? "give --log-file" : ", or give --log-file");
  return std::unexpected(std::move(error));
}

}  // namespace

ipc::Result<CommandLine> with_log_of_runs(CommandLine line, const std::vector<std::string>& environment) {
  constexpr std::string_view kOption = "log-file";
  if (!find_option(kOption, line.scope) || line.has(kOption) || !line.arguments.empty()) return line;
  // As for `sentinel exec` alone: the profile that it would take chooses the sections.
  constexpr std::array<std::string_view, 1> kPlainRun{"exec"};
  auto run = parse_command_line(kPlainRun);
  const auto sources = read_setting_sources(environment);
  if (!run || !sources) return cannot_say(run ? sources.error() : run.error());
  const auto applied = apply_settings(std::move(*run), *sources);
  if (!applied) return cannot_say(applied.error());
  if (const auto said = applied->line.given.find(std::string(kOption)); said != applied->line.given.end())
    line.given.emplace(kOption, said->second);
  return line;
}

}  // namespace supervisor
