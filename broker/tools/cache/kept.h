// What outlives a run on this machine, as rows without a secret: what runs keep sealed (ipc/files/kept_files.def), and
// the sign-ins of IAM Identity Center that the profiles use, whose files the AWS CLI shares.
//
// Runs in: sentinel-cache.   Blocks: on small local files.   Owns: nothing.
// Fails: a file that cannot be used has a row that says why; only AWS files that cannot be read at all fail the whole.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/files/kept_files.h"
#include "ipc/result.h"

namespace broker {

inline constexpr std::string_view kSignInKind = "sso";

struct KeptThing {
  std::string kind;                   // a word of ipc/files/kept_files.def, or kSignInKind
  std::string identity;               // the MFA device, the role, the page to sign in at
  std::vector<std::string> profiles;  // that use it
  std::chrono::sys_seconds ends{};
  std::string file;
  std::string unreadable{};  // why there is nothing more to say
};

struct Place {
  std::string home, state;  // the state folder; empty: there is none
};
Place place_of_this_user();

// The profiles that are known here; what does not resolve is left out.
struct KnownProfile {
  std::string name, mfa_serial, role_arn;
  std::string sign_in_file, start_url;  // of Identity Center
};
ipc::Result<std::vector<KnownProfile>> known_profiles(const std::string& home);

std::vector<KeptThing> kept_in(ipc::KeptFile file, const Place& place, const std::vector<KnownProfile>& profiles);
std::vector<KeptThing> sign_ins(const std::vector<KnownProfile>& profiles);

// Removes what belongs to `profile`, or all where that is empty; how many. Waits for a run that has the file, for three
// seconds. Fails: kUnavailable where it has it longer; kConfig where it is not known what belongs to the profile.
ipc::Result<std::size_t> clear_kept(ipc::KeptFile file, const Place& place, const std::vector<KnownProfile>& profiles,
                                    const std::string& profile);
ipc::Result<std::size_t> clear_sign_ins(const std::vector<KnownProfile>& profiles, const std::string& profile);

}  // namespace broker
