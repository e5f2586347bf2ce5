// Where settings are read: the environment, and the sections of a file that fit a profile.
#include <unistd.h>

#include "child/environment.h"
#include "ipc/text/glob.h"
#include "settings/apply.h"
#include "settings/exclusive.h"
#include "terminal/account.h"

namespace supervisor {

using ipc::Fault;

ipc::Result<std::vector<Setting>> settings_of_variables(const std::vector<std::string>& environment) {
  std::vector<Setting> out;
  for (const OptionRow& row : kOptions) {
    if (find_run_option(row.name) != &row) continue;
    const std::string name = variable_of(row.name), value(environment_value(environment, name));
    if (value.empty()) continue;
    if (row.where < Settable::Variable) {
      // SENTINEL_UNIX_SOCKET is what a run gives its command: a path, and no option.
      if (row.kind == OptionKind::Flag && value.starts_with('/')) continue;
      return ipc::fail(
          Fault::kConfig,
          "the variable " + name + " is set, and " + std::string(row.name) + " is not taken from a variable",
          "unset it, and " + where_to_say(row));
    }
    if (ipc::Status sound = check_setting(row, value, name); !sound) return std::unexpected(sound.error());
    out.push_back({std::string(row.name), value, name, Settable::Variable, false});
  }
  return out;
}

ipc::Result<SettingSources> read_setting_sources(const std::vector<std::string>& environment) {
  SettingSources out;
  out.home = own_account(environment_value(environment, "HOME")).home;
  auto root = read_config(kRootConfig, Settable::Root, ipc::trust_root());
  if (!root) return std::unexpected(root.error());
  out.root = std::move(*root);
  const std::string path = user_config_path(out.home, environment_value(environment, "XDG_CONFIG_HOME"));
  auto user = read_config(path, Settable::User, ipc::trust_user(::geteuid()));
  if (!user) return std::unexpected(user.error());
  out.user = std::move(*user);
  auto variables = settings_of_variables(environment);
  if (!variables) return std::unexpected(variables.error());
  out.variables = std::move(*variables);
  out.aws_profile = environment_value(environment, "AWS_PROFILE");
  for (const char* name : {"AWS_DEFAULT_REGION", "AWS_REGION"}) {
    if (!environment_value(environment, name).empty()) out.region_variable = name;
  }
  return out;
}

std::vector<Setting> settings_for(const ConfigFile& file, std::string_view profile, const CommandLine& line) {
  std::vector<Setting> out;
  const auto take = [&](const SettingsSection& section) {
    for (const Setting& setting : section.settings) {
      bool is_final = setting.is_final;  // also where [default] alone says so: what is final for all is final for one
      std::erase_if(out, [&](const Setting& other) {
        const bool replaced = other.option == setting.option ||
                              (asks(setting) && asks(other) && shut_out(setting.option, other.option, line.scope));
        is_final |= replaced && other.is_final;
        return replaced;
      });
      out.push_back(setting);
      out.back().is_final = is_final;
    }
  };
  for (const SettingsSection& section : file.sections) {
    if (section.pattern.empty()) take(section);
  }
  for (const SettingsSection& section : file.sections) {
    if (section.is_glob && ipc::glob_matches(section.pattern, profile)) take(section);
  }
  for (const SettingsSection& section : file.sections) {
    if (!section.pattern.empty() && !section.is_glob && section.pattern == profile) take(section);
  }
  std::erase_if(out, [&](const Setting& setting) { return !find_option(setting.option, line.scope); });
  return out;
}

}  // namespace supervisor
