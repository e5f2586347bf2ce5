// Any bytes as settings that a broker tells, and as a profile's name, the first or another: what the check lets through
// makes a config that the one parser reads whole, with no section and no key but those it should have, and no source of
// credentials but ours.
#include <cstdint>
#include <string>
#include <vector>

#include "child/aws_config.h"
#include "ipc/client/served_profiles.h"
#include "ipc/command_settings.h"
#include "ipc/text/aws_config_parser.h"
#include "must.h"

namespace {

constexpr std::string_view kProcess = "/opt/process", kRegion = "eu-central-1";

void tell(std::vector<ipc::CommandSetting>& settings, int place, std::string_view block, std::string_view name,
          std::string_view value) {
  ipc::CommandSetting setting;
  setting.place = static_cast<ipc::SettingPlace>(place);
  const bool fits = setting.block.assign(block) && setting.name.assign(name) && setting.value.assign(value);
  if (fits && ipc::check_command_setting(setting) && !ipc::is_told(settings, setting)) settings.push_back(setting);
}

// Each line with a sign is a setting of every kind, below the key of the last line at the margin.
std::vector<ipc::CommandSetting> settings_in(std::string_view text) {
  std::vector<ipc::CommandSetting> settings;
  std::string_view block;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::size_t first = line.find_first_not_of(' '), sign = line.find_first_of(" ="), value = line.find("= ");
    if (first == std::string_view::npos || value == std::string_view::npos) continue;
    const std::string_view name = line.substr(first, line.find_first_of(" =", first) - first);
    if (first == 0) block = line.substr(0, sign);
    for (int place = 0; place < 5; ++place)
      tell(settings, place, place == 1 ? "" : block, name, line.substr(value + 2));
  }
  return settings;
}

ipc::ConfigIndex read_whole(std::string_view text) {
  ipc::AwsConfigParser parser("made", ipc::AwsFileKind::kConfig);
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    must(end != std::string_view::npos);
    must(parser.take_line(text.substr(0, end), 0).has_value());
    text.remove_prefix(end + 1);
  }
  return parser.take_index();
}

void check_body(const ipc::ConfigSection& section, std::string_view asked) {
  const std::string process = std::string(kProcess) + (asked.empty() ? "" : " ") + ipc::profile_in_path(asked);
  must(section.find("credential_process")->text == process && section.find("region")->text == kRegion);
  for (const auto& [key, value] : section.values) {
    bool known = key == "credential_process" || key == "region" || key == "services";
    for (const ipc::CommandSettingRow& row : ipc::kCommandSettings) {
      known = known || (row.place == ipc::SettingPlace::Profile && key == row.name) ||
              (row.place == ipc::SettingPlace::Nested && key == row.block);
    }
    must(known && value.secret_length == 0 && !value.continued);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto settings = settings_in(text);
  const std::string profile(text.substr(0, std::min<std::size_t>(text.find("\n["), 256)));
  const std::vector<supervisor::CommandProfile> alone{{profile, std::string(kRegion), settings}};
  const std::vector<supervisor::CommandProfile> second{{"first", std::string(kRegion), {}},
                                                       {profile, std::string(kRegion), settings}};
  for (const auto& profiles : {alone, second}) {
    const bool is_second = profiles.size() > 1;
    if (is_second && (profile == "first" || profile == "default")) continue;  // no run has such
    const auto config = supervisor::generated_config({profiles, kProcess});
    must(config.has_value() || is_second);  // a name that no section can have
    if (!config) continue;
    for (const auto& [key, section] : read_whole(*config)) {
      const auto& [kind, name] = key;
      must((kind == ipc::SectionKind::kProfile &&
            (name == "default" || name == profile || (is_second && name == "first"))) ||
           (kind == ipc::SectionKind::kServices && name == (is_second ? "sentinel-2" : "sentinel")));
      if (kind == ipc::SectionKind::kProfile) check_body(section, name == "default" ? "" : name);
    }
  }
  return 0;
}
