// What a run is told beside its command line: the user's variables and config file, and root's config file, merged into
// the command line that request.h then judges.
//
// What is said nearer to the run counts: the command line, SENTINEL_<OPTION>, the user's file, root's file; in a file
// the section of the profile's name before globs, a later glob before an earlier one, and those before [default]. Of
// options that shut each other out (a policy's file and its parameter) the one that is said nearer counts, whichever it
// is.
// - A final word of root's counts before all of them. A command line that says it otherwise is refused; a variable or
//   the user's file is left aside, and told.
// - A setting that does nothing in the mode that is chosen is left aside; a final one that does nothing is an error,
//   unless it says what holds anyway.
// - AWS_PROFILE and AWS_REGION count as they do for every AWS tool: before the files, behind Sentinel's own variables.
//
// Runs in: supervisor, before anything is started.   Blocks: on local files.
// Fails: kConfig with the place of the setting; kUsage where the command line goes against a final word.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "command_line/options.h"
#include "settings/config_file.h"

namespace supervisor {

// Everything that was said beside the command line.
struct SettingSources {
  ConfigFile root, user;
  std::vector<Setting> variables;
  std::string aws_profile;      // AWS_PROFILE
  std::string region_variable;  // the name of AWS_REGION or AWS_DEFAULT_REGION, where one is set
  std::string home;             // what ~/ stands for
};

struct LeftAside {
  Setting setting;
  std::string why;
};

struct AppliedSettings {
  CommandLine line;  // places says which options came from where
  std::vector<LeftAside> left_aside;
  std::vector<std::string> warnings;  // what went against a final word
};

// Reads both files and the environment. `environment` holds NAME=value.
ipc::Result<SettingSources> read_setting_sources(const std::vector<std::string>& environment);

// The variables of options, in the table's order.
ipc::Result<std::vector<Setting>> settings_of_variables(const std::vector<std::string>& environment);

// What a file says for one profile: of each option one setting.
std::vector<Setting> settings_for(const ConfigFile&, std::string_view profile, const CommandLine&);

ipc::Result<AppliedSettings> apply_settings(CommandLine, const SettingSources&);

// What --show-settings prints: each file, each option with a value and its place, and what was left aside.
std::string shown_settings(const AppliedSettings&, const SettingSources&);

// What --verbose says: a line for each setting that was taken or left aside.
std::vector<std::string> told_settings(const AppliedSettings&);

}  // namespace supervisor
