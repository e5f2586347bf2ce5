#include "profile/command_settings.h"

#include <utility>

#include "ipc/command_settings.h"
#include "profile/files.h"

namespace broker {
namespace {

using ipc::CommandSettingRow;
using ipc::SettingPlace;

class SettingsReader {
 public:
  SettingsReader(const ProfileFiles& files, std::string_view profile) : files_(files), profile_(profile) {}

  CommandSettings read() {
    for (const CommandSettingRow& row : ipc::kCommandSettings) {
      if (row.place == SettingPlace::Profile) take_own(row);
      if (row.place == SettingPlace::Nested) take_nested(row);
    }
    take_services();
    return std::move(out_);
  }

 private:
  void take_own(const CommandSettingRow& row) {
    const auto found = files_.value(profile_, row.name);
    if (!found) return;
    if (found->value->continued || !found->value->nested.empty()) {
      return leave_out(row.name, found->place, "goes on in the indented line below");
    }
    add(row.place, "", row.name, found->value->text, found->place);
  }

  void take_nested(const CommandSettingRow& row) {
    const auto found = files_.value(profile_, row.block);
    if (found) add_nested(row, row.block, *found->value, found->place);
  }

  void take_services() {
    const MaybeText name = files_.text(profile_, "services");
    if (!name) return out_.warnings.push_back(name.error().what);
    if (!*name || (*name)->text.empty()) return;
    const auto section = files_.services(**name);
    if (!section) return out_.warnings.push_back(section.error().what + "; " + section.error().next_step);
    for (const auto& [service, value] : (*section)->values) {
      for (const CommandSettingRow& row : ipc::kCommandSettings) {
        if (row.place == SettingPlace::Service) add_nested(row, service, value, (*name)->place);
      }
    }
  }

  void add_nested(const CommandSettingRow& row, std::string_view block, const ipc::ConfigValue& value,
                  const std::string& place) {
    const auto nested = value.nested.find(row.name);
    if (nested != value.nested.end()) add(row.place, block, row.name, nested->second.text, place);
  }

  void add(SettingPlace where, std::string_view block, std::string_view name, std::string_view value,
           const std::string& place) {
    if (value.empty()) return;  // as good as absent
    ipc::CommandSetting setting;
    setting.place = where;
    const bool fits = setting.block.assign(block) && setting.name.assign(name) && setting.value.assign(value);
    if (!fits || !ipc::check_command_setting(setting)) return leave_out(name, place, "is too long, or of no service");
    out_.settings.push_back(std::move(setting));
  }

  void leave_out(std::string_view name, const std::string& place, std::string_view why) {
    out_.warnings.push_back(place + ": the value of " + std::string(name) + " " + std::string(why) +
                            ", and the command does not see it");
  }

  const ProfileFiles& files_;
  std::string_view profile_;
  CommandSettings out_;
};

}  // namespace

CommandSettings command_settings(const ProfileFiles& files, std::string_view profile) {
  return SettingsReader(files, profile).read();
}

}  // namespace broker
