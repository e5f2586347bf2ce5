#include "tools/settings/settings.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>
#include <utility>

#include "ipc/files/state_folder.h"

namespace broker {

std::string home_folder() {
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home != '/') {
    const passwd* const entry = ::getpwuid(::getuid());
    home = entry != nullptr ? entry->pw_dir : nullptr;
  }
  std::string path = home != nullptr && *home == '/' ? home : "";
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

std::string stored_keys_folder(const std::string& home) {
  const char* const given = std::getenv("XDG_DATA_HOME");
  return ipc::data_folder(home, given ? given : "");
}

ipc::Settings settings_of_environment(const std::string& home) {
  ipc::Settings settings;
  for (const ipc::SettingRow& row : ipc::kSettings) {
    const char* const given = std::getenv(std::string(row.name).c_str());
    if (given == nullptr) continue;
    std::string value(given);
    const bool path = row.name.ends_with("_FILE") || row.name.ends_with("_BUNDLE");
    if (path && value.starts_with("~/") && !home.empty()) value.replace(0, 1, home);
    settings.emplace(row.name, std::move(value));
  }
  return settings;
}

ReadableFiles readable_files(const ProfilePaths& paths, const ipc::Settings& settings, const std::string& home) {
  return profile_and_certificates(home, stored_keys_folder(home), paths.config, paths.credentials,
                                  std::string(ipc::setting(settings, "AWS_CA_BUNDLE")));
}

}  // namespace broker
