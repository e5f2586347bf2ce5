#include "ipc/command_settings.h"

#include <algorithm>
#include <string>

#include "ipc/text/aws_config_parser.h"

namespace ipc {
namespace {

bool is_in_table(const CommandSetting& setting) {
  return std::ranges::any_of(kCommandSettings, [&](const CommandSettingRow& row) {
    const bool fits_block =
        row.place == SettingPlace::Service ? is_service_name(setting.block.str()) : setting.block.str() == row.block;
    return setting.place == row.place && fits_block && setting.name.str() == row.name;
  });
}

}  // namespace

bool is_service_name(std::string_view name) {
  return !name.empty() && name.size() <= decltype(CommandSetting::block)::kCapacity && !is_secret_key(name) &&
         std::ranges::all_of(
             name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; });
}

bool is_setting_value(std::string_view value) {
  if (value.empty() || value.size() > decltype(CommandSetting::value)::kCapacity) return false;
  AwsConfigParser parser("", AwsFileKind::kConfig);
  if (!parser.take_line("[default]", 0) || !parser.take_line("key = " + std::string(value), 0)) return false;
  return parser.take_index().begin()->second.find("key")->text == value;
}

Status check_command_setting(const CommandSetting& setting) {
  if (!is_in_table(setting)) return fail(Fault::kProtocol, "CommandSetting that no command may see");
  if (!is_setting_value(setting.value.str()))
    return fail(Fault::kProtocol, "CommandSetting whose value is not one line");
  return {};
}

bool is_told(std::span<const CommandSetting> before, const CommandSetting& setting) {
  return std::ranges::any_of(before, [&](const CommandSetting& other) {
    return other.place == setting.place && other.block.str() == setting.block.str() &&
           other.name.str() == setting.name.str();
  });
}

}  // namespace ipc
