// Every profile of both AWS files and of the key store, resolved as `sentinel exec --profile NAME` would resolve it,
// and how to say so. Says where the keys are, never what they are: no secret and no command line leaves it.
//
// Runs in: sentinel-profiles.   Blocks: on the two files.   Owns: nothing secret once it returns.
// Fails: kConfig where a file cannot be read at all; a profile that does not resolve is a row with its sentence.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ipc/result.h"
#include "ipc/settings.h"
#include "profile/resolve.h"
#include "tools/output.h"

namespace broker {

struct ListedProfile {
  std::string name;
  std::optional<ipc::Error> error;  // it does not resolve, and nothing below is set
  std::string source;               // a word of profile/sources.def
  std::string source_is;            // more of it, where it says whose keys they are; may be empty
  std::string base_profile, region, mfa_serial;
  std::vector<RoleStep> roles;  // assumed first to last
};

struct ProfileList {
  std::vector<ListedProfile> profiles;  // in alphabetical order
  std::vector<std::string> warnings;    // about the files
};

// `stored_keys`: names of the key store, sorted. Needs ipc::SecretArena to be open.
[[nodiscard]] ipc::Result<ProfileList> list_profiles(const ProfilePaths& paths, const ipc::Settings& settings,
                                                     const std::string& home,
                                                     const std::vector<std::string>& stored_keys);

void print_profiles(const ProfileList& list, ToolOutput& out);
// The same as JSON; what does not resolve is a finding, too.
void add_profiles(const ProfileList& list, ipc::JsonAnswer& answer);

}  // namespace broker
