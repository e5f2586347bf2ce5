// Which settings of a profile may be told to the user's command, and what they may look like; see command_settings.def.
//
// Runs in: broker (sends them), supervisor (refuses any other, and writes them).   Blocks: never.
// Fails: kProtocol for a setting that is not in the table, or whose text could be more than its value.
#pragma once

#include <span>
#include <string_view>

#include "ipc/messages.h"
#include "ipc/result.h"

namespace ipc {

struct CommandSettingRow {
  SettingPlace place;
  std::string_view block;  // of Nested alone: the key above it
  std::string_view name, why;
};

#define SETTING(name, why) CommandSettingRow{SettingPlace::Profile, "", #name, why},
#define NESTED(key, name, why) CommandSettingRow{SettingPlace::Nested, #key, #name, why},
#define SERVICE(name, why) CommandSettingRow{SettingPlace::Service, "", #name, why},
inline constexpr CommandSettingRow kCommandSettings[] = {
#include "ipc/command_settings.def"
};
#undef SETTING
#undef NESTED
#undef SERVICE

inline constexpr std::size_t kMostCommandSettings = 512;  // of one profile; AWS has some 400 services
inline constexpr std::size_t kMostRunSettings = 4096;     // of all profiles of a run

// A service's name in a [services NAME] section: small letters, digits, and signs that join them; not a secret's key.
[[nodiscard]] bool is_service_name(std::string_view name);
// Not empty, within the message's bounds, and read back from a line of a config as it is.
[[nodiscard]] bool is_setting_value(std::string_view value);

[[nodiscard]] Status check_command_setting(const CommandSetting& setting);
// Whether one with that place, block and name is among those that were told before.
[[nodiscard]] bool is_told(std::span<const CommandSetting> before, const CommandSetting& setting);

}  // namespace ipc
