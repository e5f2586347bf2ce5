// Sentinel's config files: /etc/sentinel/config, which is root's, and the user's ~/.config/sentinel/config. `key =
// value` under [default], which counts for every profile, and [profile NAME], where the name may be a glob. The keys
// are the options of a run, by name; options.def says which may stand in whose file.
//
//   [default]
//   server = true
//   final policy-parameter = /sentinel/policies/default
//   [profile sandbox-*]
//   region = eu-west-1
//
// The dialect is that of ~/.aws/config, read by the same parser. Before a key of root's file the word `final` may
// stand: then nothing else may say it otherwise (apply.h).
//
// Runs in: supervisor, sentinel-doctor.   Blocks: on local files.
// Fails: kConfig with file:line for anything that is unknown, said twice or misspelt, with the nearest word, and for a
// file that others can write. A file that is not there says nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "command_line/options.h"
#include "ipc/files/trust.h"
#include "ipc/result.h"

namespace supervisor {

struct Setting {
  std::string option;  // a name of options.def
  std::string value;   // as on the command line; of a Flag "true" or "false"; a path is absolute, or begins with ~/
  std::string place;   // "/etc/sentinel/config:3", "SENTINEL_REGION"
  Settable from = Settable::User;
  bool is_final = false;
};

struct SettingsSection {
  std::string pattern;  // empty: every profile
  bool is_glob = false;
  std::vector<Setting> settings;
};

struct ConfigFile {
  std::string path;
  bool is_there = false;
  std::vector<SettingsSection> sections;  // in the file's order
};

inline constexpr char kRootConfig[] = "/etc/sentinel/config";
inline constexpr std::size_t kMostConfigBytes = 256 * 1024;

// ~/.config/sentinel/config, or below XDG_CONFIG_HOME where that is an absolute path. Empty without a home.
std::string user_config_path(std::string_view home, std::string_view config_home);

// `owner` is Root or User: whose file it is.
ipc::Result<ConfigFile> read_config(const std::string& path, Settable owner, const ipc::Trust&);
ipc::Result<ConfigFile> parse_config(std::string_view text, const std::string& path, Settable owner);

// What one line, or one variable, says. `place` is for the sentences.
ipc::Status check_setting(const OptionRow&, std::string_view value, const std::string& place);

// The row of an option that a run has, or nothing.
const OptionRow* find_run_option(std::string_view name);

// "say it on the command line, or in root's /etc/sentinel/config": where an option may be said.
std::string where_to_say(const OptionRow&);

}  // namespace supervisor
