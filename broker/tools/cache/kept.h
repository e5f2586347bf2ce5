// What outlives a run on this machine, as rows without a secret: what runs keep sealed (ipc/files/kept_files.def), and
// the sign-ins that the profiles use, whose files the AWS CLI shares.
//
// Runs in: sentinel-cache.   Blocks: on small local files.   Owns: nothing.
// Fails: a file that cannot be used has a row that says why; only AWS files that cannot be read at all fail the whole.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ipc/files/kept_files.h"
#include "ipc/result.h"

namespace broker {

enum class SignInKind { kSso, kAwsLogin };
struct SignInRow {
  SignInKind kind;
  std::string_view word;            // its kind in a list, and the option of `cache clear` that takes it
  std::string_view after_clearing;  // what the user should know then
};
inline constexpr SignInRow kSignIns[] = {
    {SignInKind::kSso, "sso",
     "Identity Center knows the sign-in until it ends, though this machine does not; aws sso logout, while the file is "
     "there, ends it in both places"},
    {SignInKind::kAwsLogin, "aws-login",
     "AWS knows the sign-in of aws login until it ends, after 12 hours at most: a copy of the file is good until then"},
};

struct KeptThing {
  std::string kind;                   // a word of ipc/files/kept_files.def, or of kSignIns
  std::string identity;               // the MFA device, the role, the page to sign in at, who has signed in
  std::vector<std::string> profiles;  // that use it
  std::chrono::sys_seconds ends{};
  std::string file;
  std::string unreadable{};  // why there is nothing more to say
  bool renewable = false;    // what has ended is renewed when it is used, and nobody is asked
};

struct Place {
  std::string home, state;  // the state folder; empty: there is none
};
Place place_of_this_user();

struct SharedSignIn {
  SignInKind kind;
  std::string identity;
  ipc::Result<std::string> file;  // or why it can have no place
  bool operator==(const SharedSignIn& other) const { return identity == other.identity && place() == other.place(); }
  [[nodiscard]] const std::string& place() const { return file ? *file : file.error().what; }
};
// The profiles that are known here; what does not resolve is left out.
struct KnownProfile {
  std::string name, mfa_serial;
  std::optional<SharedSignIn> sign_in;
};
ipc::Result<std::vector<KnownProfile>> known_profiles(const std::string& home);

std::vector<KeptThing> kept_in(ipc::KeptFile file, const Place& place, const std::vector<KnownProfile>& profiles);
std::vector<KeptThing> sign_ins(const std::vector<KnownProfile>& profiles);

// Removes what belongs to `profile`, or all where that is empty; how many. Waits for a run that has the file, for three
// seconds. Fails: kUnavailable where it has it longer; kConfig where it is not known what belongs to the profile.
ipc::Result<std::size_t> clear_kept(ipc::KeptFile file, const Place& place, const std::vector<KnownProfile>& profiles,
                                    const std::string& profile);
ipc::Result<std::size_t> clear_sign_ins(SignInKind kind, const std::vector<KnownProfile>& profiles,
                                        const std::string& profile);

}  // namespace broker
