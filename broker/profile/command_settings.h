// Collects what of a profile the user's command may see: the settings of ipc/command_settings.def, resolved as every
// other key of the profile is, with include_profile and its [services NAME] section. Never a source of keys.
//
// Runs in: broker, at the start, and sentinel-profiles.   Blocks: never.
// Fails: never; a setting that cannot be told in one line is left out, and a warning says so.
// Source: botocore configloader.py (nested values), configprovider.py (ConfiguredEndpointProvider).
#pragma once

#include <string_view>

#include "profile/plan.h"

namespace broker {

class ProfileFiles;

[[nodiscard]] CommandSettings command_settings(const ProfileFiles& files, std::string_view profile);

}  // namespace broker
