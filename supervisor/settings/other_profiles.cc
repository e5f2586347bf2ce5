#include "settings/other_profiles.h"

#include <algorithm>

#include "ipc/text/glob.h"
#include "settings/exclusive.h"
#include "terminal/plain_text.h"

namespace supervisor {
namespace {

// What of a final word is in force: its own value, or a default that says the same.
bool holds(const Setting& setting, const CommandLine& line, const std::string& home) {
  const OptionRow* row = find_option(setting.option, line.scope);
  if (!row) return true;  // another command's
  if (row->kind == OptionKind::Flag) return line.flag(setting.option) == asks(setting);
  const bool below_home = row->argument == "PATH" && setting.value.starts_with("~/");
  const std::string value = below_home ? home + setting.value.substr(1) : setting.value;
  return line.value(setting.option) == value && !line.more.contains(setting.option);
}

std::unexpected<ipc::Error> refuse(const std::string& who, const Setting& setting) {
  return ipc::fail(ipc::Fault::kUsage,
                   harmless(who + " cannot be served in this run: " + setting.place + " says " + setting.option +
                            " = " + setting.value + ", finally, and settings are those of the run's first profile"),
                   "serve it in a run of its own");
}

bool counts_for(const SettingsSection& section, const std::string& pattern) {
  return section.pattern.empty() || may_fit_both(section.pattern, pattern);
}

// Also what takes the place of a final word, which it then is itself.
bool is_final_for_some(const Setting& setting, const ConfigFile& root, const std::string& pattern, Scope scope) {
  return std::ranges::any_of(root.sections, [&](const SettingsSection& section) {
    return counts_for(section, pattern) && std::ranges::any_of(section.settings, [&](const Setting& other) {
             const bool same = other.option == setting.option || shut_out(other.option, setting.option, scope);
             return other.is_final && same;
           });
  });
}

ipc::Status check_pattern(const std::string& pattern, const CommandLine& line, const SettingSources& sources) {
  for (const SettingsSection& section : sources.root.sections) {
    if (!counts_for(section, pattern)) continue;
    for (const Setting& setting : section.settings) {
      if (!is_final_for_some(setting, sources.root, pattern, line.scope) || holds(setting, line, sources.home))
        continue;
      return refuse(section.pattern.empty() ? "what fits " + pattern : "a profile " + section.pattern, setting);
    }
  }
  return {};
}

}  // namespace

bool may_fit_both(std::string_view one, std::string_view other) {
  constexpr std::string_view kWild = "*?";
  const std::size_t end = one.find_first_of(kWild), other_end = other.find_first_of(kWild);
  if (end == one.npos) return other_end == other.npos ? one == other : ipc::glob_matches(other, one);
  if (other_end == other.npos) return ipc::glob_matches(one, other);
  const std::size_t common = std::min(end, other_end);
  return one.substr(0, common) == other.substr(0, common);
}

ipc::Status check_other_profiles(const CommandLine& line, const SettingSources& sources) {
  const std::vector<std::string> named = line.values("profile");
  for (std::size_t i = 1; i < named.size(); ++i) {
    for (const Setting& setting : settings_for(sources.root, named[i], line)) {
      if (setting.is_final && setting.option != "profile" && !holds(setting, line, sources.home))
        return refuse("profile " + named[i], setting);
    }
  }
  std::vector<std::string> patterns = line.values("profiles");
  if (line.flag("all-profiles")) patterns.emplace_back("*");
  for (const std::string& pattern : patterns) {
    if (ipc::Status fits = check_pattern(pattern, line, sources); !fits) return fits;
  }
  return {};
}

}  // namespace supervisor
