// Any bytes as root's and as the user's config file, for a command line without a word. What is accepted sets options
// that such a file may set; what comes of it says no option twice, none that shuts another one out, and root's final
// words; what is refused is refused with a next step, and by the file's name.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "must.h"
#include "settings/apply.h"
#include "settings/exclusive.h"

namespace {

using supervisor::AppliedSettings;
using supervisor::ConfigFile;
using supervisor::Settable;

void judge_file(const ConfigFile& file, Settable owner) {
  for (const supervisor::SettingsSection& section : file.sections) {
    for (const supervisor::Setting& setting : section.settings) {
      const supervisor::OptionRow* row = supervisor::find_run_option(setting.option);
      must(row != nullptr && row->where >= owner && !setting.value.empty());
      must(!setting.is_final || owner == Settable::Root);
      must(row->argument != "PATH" || setting.value.front() == '/' || setting.value.starts_with("~/"));
    }
  }
}

void judge_result(const AppliedSettings& applied, const supervisor::SettingSources& sources) {
  const supervisor::CommandLine& line = applied.line;
  for (const auto& [a, value] : line.given) {
    must(line.places.contains(a));
    const supervisor::OptionRow* row = supervisor::find_option(a, line.scope);
    must(row != nullptr && (!line.asks_for(*row) || supervisor::check_mode(line, *row)));
    for (const auto& [b, other] : line.given)
      must(value == "false" || other == "false" || !supervisor::shut_out(a, b, line.scope));
  }
  for (const supervisor::Setting& setting : supervisor::settings_for(sources.root, line.value("profile"), line)) {
    const bool holds_anyway = setting.value == supervisor::find_run_option(setting.option)->initial;
    if (setting.is_final && setting.option != "profile") must(holds_anyway || line.places.contains(setting.option));
  }
  must(!supervisor::shown_settings(applied, sources).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::array<std::string_view, 1> words{"exec"};
  supervisor::SettingSources sources;
  sources.home = "/h";
  for (const auto& [file, owner] :
       {std::pair(&sources.root, Settable::Root), std::pair(&sources.user, Settable::User)}) {
    auto parsed = supervisor::parse_config(text, "/c", owner);
    if (!parsed) {
      must(parsed.error().what.starts_with("/c:") && !parsed.error().next_step.empty());
      continue;
    }
    judge_file(*parsed, owner);
    *file = std::move(*parsed);
  }
  const auto applied = supervisor::apply_settings(*supervisor::parse_command_line(words), sources);
  if (!applied) {
    must(!applied.error().next_step.empty());
  } else {
    judge_result(*applied, sources);
  }
  return 0;
}
