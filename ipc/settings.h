// Names and reasons of the variables that travel in Setting messages; see settings.def.
//
// Runs in: supervisor (sends), broker (refuses other names).   Blocks: never.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace ipc {

// Of one value, over all its messages: what Linux lets a variable have (MAX_ARG_STRLEN). What is too long for its use
// is refused where it is used, with its name.
inline constexpr std::size_t kMostSettingBytes = 128 * 1024;

struct SettingRow {
  std::string_view name, why;
};

#define SETTING(name, why) SettingRow{#name, why},
inline constexpr SettingRow kSettings[] = {
#include "ipc/settings.def"
};
#undef SETTING

constexpr bool is_setting(std::string_view name) {
  for (const SettingRow& row : kSettings) {
    if (row.name == name) return true;
  }
  return false;
}

using Settings = std::map<std::string, std::string, std::less<>>;

// The value, or empty: an empty variable means the same as an absent one, as in the AWS SDKs.
inline std::string_view setting(const Settings& settings, std::string_view name) {
  const auto found = settings.find(name);
  return found == settings.end() ? std::string_view{} : std::string_view(found->second);
}

}  // namespace ipc
