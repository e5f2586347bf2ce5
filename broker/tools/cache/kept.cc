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
#include "ipc/files/sign_in_folders.h"
#include "ipc/files/state_folder.h"
#include "ipc/files/trusted_path.h"
#include "keystore/folder.h"
#include "profile/files.h"
#include "sources/kept_role_keys.h"
#include "sources/login/token.h"
#include "sources/shared_sessions.h"
#include "sources/sign_in/file.h"
#include "sources/sso/token.h"
#include "tools/settings/settings.h"
#include "tools/this_second.h"

namespace broker {
namespace {

using ipc::Fault;
using ipc::KeptFile;

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

struct SignedIn {
  std::chrono::sys_seconds ends;
  bool renewable;
};

ipc::Result<SignedIn> read_sign_in(SignInKind kind, std::string_view text) {
  switch (kind) {
    case SignInKind::kSso: {
      const auto token = read_sso_token(text);
      if (!token) return std::unexpected(token.error());
      return SignedIn{token->ends, !token->refresh.empty() && token->client.ends > this_second()};
    }
    case SignInKind::kAwsLogin: {
      const auto token = read_login_token(text);
      if (!token) return std::unexpected(token.error());
      return SignedIn{token->ends, true};
    }
  }
  std::unreachable();
}

// Nothing: nobody is signed in.
std::optional<KeptThing> row_of(const SharedSignIn& sign_in) {
  const std::string kind(kSignIns[static_cast<std::size_t>(sign_in.kind)].word);
  if (!sign_in.file) return KeptThing{kind, sign_in.identity, {}, {}, {}, sign_in.file.error().what};
  const auto unreadable = [&](std::string why) {
    return KeptThing{kind, sign_in.identity, {}, {}, *sign_in.file, std::move(why)};
  };
  auto file = open_own(*sign_in.file, O_RDONLY);
  if (!file) return unreadable(file.error().what);
  if (!*file) return std::nullopt;
  const auto text = SignInFile(std::move(*file)).read();
  if (!text) return unreadable(*sign_in.file + " " + text.error().what);
  if (holds_no_sign_in(text->view())) return std::nullopt;
  const auto read = read_sign_in(sign_in.kind, text->view());
  if (!read) return unreadable(*sign_in.file + " " + read.error().what);
  return KeptThing{kind, sign_in.identity, {}, read->ends, *sign_in.file, {}, read->renewable};
}

ipc::Result<std::string> file_in(const ipc::Result<std::string>& folder, const std::string& name) {
  return folder ? ipc::Result<std::string>(*folder + "/" + name + ".json") : folder;
}

std::optional<SharedSignIn> sign_in_of(const BasePlan& plan, const std::string& home) {
  if (const auto* const sso = std::get_if<SsoPlan>(&plan)) {
    return SharedSignIn{SignInKind::kSso, sso->start_url, file_in(ipc::sso_cache_folder(home), sso_token_name(*sso))};
  }
  if (const auto* const login = std::get_if<LoginPlan>(&plan)) {
    const char* const directory = std::getenv("AWS_LOGIN_CACHE_DIRECTORY");
    const auto folder = ipc::login_cache_folder(home, directory ? directory : "");
    return SharedSignIn{SignInKind::kAwsLogin, login->session, file_in(folder, login_token_name(login->session))};
  }
  return std::nullopt;
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
    known.push_back({name, profile->mfa ? profile->mfa->serial : "", sign_in_of(profile->base, home)});
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

// Profiles of one [sso-session], or of one user of `aws login`, share a file.
std::vector<KeptThing> sign_ins(const std::vector<KnownProfile>& profiles) {
  std::vector<KeptThing> rows;
  for (auto profile = profiles.begin(); profile != profiles.end(); ++profile) {
    const auto same = [&](const KnownProfile& other) { return other.sign_in == profile->sign_in; };
    if (!profile->sign_in || std::find_if(profiles.begin(), profile, same) != profile) continue;
    std::optional<KeptThing> row = row_of(*profile->sign_in);
    if (!row) continue;
    for (const KnownProfile& user : profiles) {
      if (same(user)) row->profiles.push_back(user.name);
    }
    rows.push_back(std::move(*row));
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

ipc::Result<std::size_t> clear_sign_ins(SignInKind kind, const std::vector<KnownProfile>& profiles,
                                        const std::string& profile) {
  std::size_t gone = 0;
  for (const KnownProfile& known : profiles) {
    if (!known.sign_in || known.sign_in->kind != kind || (!profile.empty() && known.name != profile)) continue;
    const ipc::Result<std::string>& file = known.sign_in->file;
    if (!file) return std::unexpected(file.error());
    if (::unlink(file->c_str()) == 0)
      ++gone;
    else if (errno != ENOENT && errno != ENOTDIR)
      return ipc::system_error("cannot remove " + *file, "remove it by hand");
  }
  return gone;
}

}  // namespace broker
