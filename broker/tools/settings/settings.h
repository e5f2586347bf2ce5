// What a tool takes from its own user and environment: the things that a broker is told by its supervisor.
//
// Runs in: the tools that read profiles.   Blocks: on the password database.
#pragma once

#include <string>

#include "host/sandbox.h"
#include "ipc/settings.h"
#include "profile/resolve.h"

namespace broker {

// HOME where it is an absolute path, else from the password database; empty where neither is one.
std::string home_folder();
// Where the user's stored keys lie (ipc/files/state_folder.h).
std::string stored_keys_folder(const std::string& home);
// The variables of settings.def, with '~/' written out in those that are paths.
ipc::Settings settings_of_environment(const std::string& home);
// What may be read until the keys are in: the home folder, both files, certificates.
ReadableFiles readable_files(const ProfilePaths& paths, const ipc::Settings& settings, const std::string& home);

}  // namespace broker
