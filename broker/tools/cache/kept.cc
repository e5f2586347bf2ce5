#include "tools/cache/kept.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <functional>
#include <set>
#include <thread>
#include <utility>
#include <variant>

#include "host/bounded_read.h"
#include "host/kernel_keyring.h"
#include "ipc/files/state_folder.h"
#include "ipc/files/trusted_path.h"
#include "keystore/folder.h"
#include "profile/files.h"
#include "sources/kept_role_keys.h"
#include "sources/shared_sessions.h"
#include "sources/sso/token.h"
#include "tools/settings/settings.h"

namespace broker {
namespace {

using ipc::Fault;
using ipc::KeptFile;

constexpr std::size_t kMaxTokenFile = 64 * 1024;
constexpr std::chrono::milliseconds kLookAgain{50};
constexpr int kMostLooks = 60;

std::string path_of(KeptFile file, const Place& place) {
  return place.state + "/" + std::string(ipc::kept_row(file).file);
}

// Null descriptor: there is none.
ipc::Result<ipc::UniqueFd> open_own(const std::string& path, int flags) {
  auto opened = ipc::open_trusted(path, ipc::trust_user(::geteuid()), flags);
  if (opened && opened->status.st_uid == ::geteuid()) return std::move(opened->fd);
  if (!opened && (opened.error().sys_errno == ENOENT || opened.error().sys_errno == ENOTDIR)) return ipc::UniqueFd();
  if (!opened) return std::unexpected(opened.error());
  return ipc::fail(Fault::kConfig, path + " is another user's", "look at who put it there");
}

// Null: nothing is kept, and no key is made for it.
ipc::Result<std::optional<SessionStore>> open_store(KeptFile file, const Place& place) {
  if (place.state.empty()) return std::nullopt;
  ipc::Result<ipc::UniqueFd> opened = open_own(path_of(file, place), O_RDWR);
  if (!opened) return std::unexpected(opened.error());
  if (!*opened || read_from_start(opened->get(), 1).value_or("").empty()) return std::nullopt;
  auto key = login_keyring_key(ipc::kept_row(file).keyring);
  if (!key) return std::unexpected(key.error());
  return SessionStore(std::move(*opened), std::move(*key));
}

// A run has the file for a moment where it writes, and for minutes where it asks its user for a code. It puts back what
// it read before, so that nothing is cleared under its hands.
ipc::Status take_turn(const SessionStore& store, const std::string& path) {
  for (int looks = 0;; ++looks) {
    const ipc::Result<bool> locked = store.try_lock();
    if (!locked) return std::unexpected(locked.error());
    if (*locked) return {};
    if (looks == kMostLooks) break;
    std::this_thread::sleep_for(kLookAgain);
  }
  return ipc::fail(Fault::kUnavailable, path + ": another run of yours has it, perhaps to ask for a code",
                   "answer that run or end it, then clear again; or remove the file");
}

std::vector<std::string> users_of(KeptFile file, const SessionName& name, const std::vector<KnownProfile>& profiles) {
  if (file == KeptFile::kRoleKeys) return {role_keys_profile(name)};
  if (file == KeptFile::kOpeners) return {name.serial};
  std::vector<std::string> users;
  for (const KnownProfile& profile : profiles) {
    if (profile.mfa_serial == name.serial) users.push_back(profile.name);
  }
  return users;
}

std::string identity_of(KeptFile file, const SessionName& name) {
  if (file == KeptFile::kRoleKeys) return role_keys_role(name);
  return file == KeptFile::kOpeners ? name.base_key_id : name.serial;
}

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

KeptThing sign_in_row(const KnownProfile& profile) {
  KeptThing row{std::string(kSignInKind), profile.start_url, {profile.name}, {}, profile.sign_in_file};
  const auto file = open_own(profile.sign_in_file, O_RDONLY);
  if (!file) {
    row.unreadable = file.error().what;
    return row;
  }
  if (!*file) {
    row.file.clear();
    return row;
  }
  // The text is a secret: it is wiped when it goes (host/wiping_heap.h).
  const std::string text = read_from_start(file->get(), kMaxTokenFile + 1).value_or("");
  const auto token = read_sso_token(text);
  if (token && text.size() <= kMaxTokenFile) {
    row.ends = token->ends;
  } else {
    row.unreadable = profile.sign_in_file + " " + (token ? "is longer than any" : token.error().what);
  }
  return row;
}

}  // namespace

Place place_of_this_user() {
  const char* const state = std::getenv("XDG_STATE_HOME");
  const std::string home = home_folder();
  return {home, ipc::state_folder(home, state ? state : "")};
}

ipc::Result<std::vector<KnownProfile>> known_profiles(const std::string& home) {
  const ipc::Settings settings = settings_of_environment(home);
  const ipc::Result<ProfilePaths> paths = profile_paths(settings, home);
  if (!paths) return std::unexpected(paths.error());
  const ipc::Result<ProfileFiles> files = ProfileFiles::open(paths->config, paths->credentials);
  if (!files) return std::unexpected(files.error());
  const std::vector<std::string> stored =
      KeystoreFolder(stored_keys_folder(home)).names().value_or(std::vector<std::string>());
  const ProfileOptions options{
      .stored = [&](std::string_view name) { return std::ranges::binary_search(stored, name); }};
  std::set<std::string> names(stored.begin(), stored.end());
  for (const auto& name : files->names()) names.emplace(name);
  std::vector<KnownProfile> known;
  for (const std::string& name : names) {
    const ipc::Result<ResolvedProfile> profile = resolve_profile(*files, name, settings, home, {}, options);
    if (!profile) continue;
    KnownProfile row{name,
                     profile->mfa ? profile->mfa->serial : "",
                     profile->chain.empty() ? "" : profile->chain.back().role_arn,
                     {},
                     {}};
    if (const auto* const sso = std::get_if<SsoPlan>(&profile->base); sso && !home.empty()) {
      row.sign_in_file = home + "/.aws/sso/cache/" + sso_token_name(*sso) + ".json";
      row.start_url = sso->start_url;
    }
    known.push_back(std::move(row));
  }
  return known;
}

std::vector<KeptThing> kept_in(KeptFile file, const Place& place, const std::vector<KnownProfile>& profiles) {
  const std::string kind(ipc::kept_row(file).word);
  const auto unreadable = [&](std::string why) {
    return std::vector<KeptThing>{{kind, {}, {}, {}, path_of(file, place), std::move(why)}};
  };
  const auto store = open_store(file, place);
  if (!store) return unreadable(store.error().what);
  if (!*store) return {};
  const auto listed = (*store)->list();
  if (!listed) return unreadable(path_of(file, place) + " " + listed.error().what);
  std::vector<KeptThing> rows;
  for (const SessionStore::Listed& one : *listed) {
    const std::string identity = identity_of(file, one.name);
    rows.push_back({kind, identity, users_of(file, one.name, profiles), one.ends, path_of(file, place)});
  }
  return rows;
}

// Profiles of one [sso-session] share a file.
std::vector<KeptThing> sign_ins(const std::vector<KnownProfile>& profiles) {
  std::vector<KeptThing> rows;
  for (const KnownProfile& profile : profiles) {
    if (profile.sign_in_file.empty()) continue;
    const auto same = std::ranges::find(rows, profile.sign_in_file, &KeptThing::file);
    if (same != rows.end()) {
      same->profiles.push_back(profile.name);
      continue;
    }
    KeptThing row = sign_in_row(profile);
    if (!row.file.empty()) rows.push_back(std::move(row));
  }
  return rows;
}

ipc::Result<std::size_t> clear_kept(KeptFile file, const Place& place, const std::vector<KnownProfile>& profiles,
                                    const std::string& profile) {
  const auto store = open_store(file, place);
  if (!store) return std::unexpected(store.error());
  if (!*store) return 0;
  const std::string path = path_of(file, place);
  if (const ipc::Status turn = take_turn(**store, path); !turn) return std::unexpected(turn.error());
  // Whose it is cannot be known, and it may be good in another login of the same user.
  if (const auto listed = (*store)->list(); !listed && !profile.empty()) {
    return ipc::fail(listed.error().fault, path + " " + listed.error().what,
                     "clear all of it by --kind " + std::string(ipc::kept_row(file).word) + ", or leave it");
  }
  return (*store)->remove([&](const SessionStore::Listed& one) {
    return profile.empty() || has(users_of(file, one.name, profiles), profile);
  });
}

ipc::Result<std::size_t> clear_sign_ins(const std::vector<KnownProfile>& profiles, const std::string& profile) {
  std::size_t gone = 0;
  for (const KnownProfile& known : profiles) {
    if (known.sign_in_file.empty() || (!profile.empty() && known.name != profile)) continue;
    if (::unlink(known.sign_in_file.c_str()) == 0)
      ++gone;
    else if (errno != ENOENT && errno != ENOTDIR)
      return ipc::system_error("cannot remove " + known.sign_in_file, "remove it by hand");
  }
  return gone;
}

}  // namespace broker
