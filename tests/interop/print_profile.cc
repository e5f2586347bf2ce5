// Prints how the broker resolves a profile: print_profile HOME PROFILE [REGION]. Settings come from the environment.
// After what the corpus expects come the endpoints that it leaves out, and what the user's command is told.
#include <cstdio>
#include <cstdlib>

#include "profile_text.h"

int main(int argc, char** argv) {
  if (argc < 3 || !ipc::SecretArena::open()) return 2;
  ipc::Settings settings;
  for (const ipc::SettingRow& row : ipc::kSettings) {
    const char* value = std::getenv(std::string(row.name).c_str());
    if (value) settings.emplace(row.name, value);
  }
  const auto profile = broker::resolve_profile(argv[2], settings, argv[1], argc > 3 ? argv[3] : "");
  std::fputs(test::profile_text(profile).c_str(), stdout);
  if (!profile) return 1;
  const std::string more = "iam " + test::endpoint_text(profile->iam) + "\nkms " + test::endpoint_text(profile->kms) +
                           "\ndynamodb " + test::endpoint_text(profile->dynamodb) + "\n";
  std::fputs(more.c_str(), stdout);
  for (const ipc::CommandSetting& setting : profile->command.settings) {
    std::printf("told %d|%s|%s|%s\n", static_cast<int>(setting.place), setting.block.str().c_str(),
                setting.name.str().c_str(), setting.value.str().c_str());
  }
  return 0;
}
