// The checks of what surrounds the command: the environment, agents, services and groups of its user.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <span>
#include <string_view>

#include "child/environment.h"
#include "doctor/files.h"
#include "doctor/host.h"

namespace supervisor {
namespace {

// ---- variables

constexpr std::string_view kKeys[] = {"AWS_ACCESS_KEY_ID",        "AWS_SECRET_ACCESS_KEY",    "AWS_SESSION_TOKEN",
                                      "AWS_SECURITY_TOKEN",       "AWS_ACCESS_KEY",           "AWS_SECRET_KEY",
                                      "AMAZON_ACCESS_KEY_ID",     "AMAZON_SECRET_ACCESS_KEY", "AMAZON_SESSION_TOKEN",
                                      "AWS_VAULT_FILE_PASSPHRASE"};
constexpr std::string_view kBedrock[] = {"AWS_BEARER_TOKEN_BEDROCK"};
constexpr std::string_view kFiles[] = {"BOTO_CONFIG", "AWS_CREDENTIAL_FILE", "AWS_CREDENTIAL_PROFILES_FILE",
                                       "AWS_WEB_IDENTITY_TOKEN_FILE"};
constexpr std::string_view kProfile[] = {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"};
constexpr std::string_view kContainer[] = {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                                           "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN",
                                           "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"};

#define UNSET(name, why) #name,
#define SET(name, when, value, why) #name,
#define SERVER(name, value, why)
#define APPEND(name, why)
#define KEEP(name, why)
constexpr std::string_view kTakenFromCommands[] = {
#include "child/environment.def"
};
#undef UNSET
#undef SET
#undef SERVER
#undef APPEND
#undef KEEP

// What is called a way around here must be taken from the command by a run: child/environment.def says so.
constexpr bool runs_take(std::span<const std::string_view> names) {
  for (const std::string_view name : names) {
    bool taken = false;
    for (const std::string_view other : kTakenFromCommands) taken = taken || name == other;
    if (!taken) return false;
  }
  return true;
}
static_assert(runs_take(kKeys) && runs_take(kBedrock) && runs_take(kFiles) && runs_take(kProfile) &&
              runs_take(kContainer));

std::vector<std::string> set_among(const Host& host, std::span<const std::string_view> names) {
  std::vector<std::string> set;
  for (const std::string_view name : names) {
    if (!host.variable(name).empty()) set.emplace_back(name);
  }
  return set;
}

// In the environment of a command of Sentinel's, these are Sentinel's own.
bool inside_a_run(const Host& host) { return !host.variable("AWS_SENTINEL").empty(); }

Found none_of(const Host& host, std::span<const std::string_view> names) {
  const std::vector<std::string> set = set_among(host, names);
  return {set.empty() ? Answer::Yes : Answer::No, listed(set), listed(set, " ", set.size())};
}

// ---- sockets and groups

bool may_write(const Host& host, const std::string& path) {
  return ::access(host.at(path).c_str(), W_OK) == 0;  // faccessat2 is EPERM below older container runtimes
}

bool there(const Host& host, const std::string& path) { return !path.empty() && status_of(host.at(path)).has_value(); }

std::string runtime_folder(const Host& host) {
  const std::string folder = host.variable("XDG_RUNTIME_DIR");
  return folder.starts_with('/') ? folder : "/run/user/" + std::to_string(host.uid);
}

std::vector<std::string> groups_among(const Host& host, std::span<const std::string_view> names) {
  std::vector<std::string> in;
  for (const std::string_view name : names) {
    if (std::ranges::find(host.groups, name) != host.groups.end()) in.emplace_back(name);
  }
  return in;
}

Found not_in(const Host& host, std::span<const std::string_view> names) {
  const std::vector<std::string> in = groups_among(host, names);
  return {in.empty() ? Answer::Yes : Answer::No, listed(in)};
}

}  // namespace

Found check_environment_keys(const Host& host) {
  return inside_a_run(host) ? Found{Answer::Yes, ""} : none_of(host, kKeys);
}
Found check_bedrock_token(const Host& host) { return none_of(host, kBedrock); }
Found check_environment_files(const Host& host) { return none_of(host, kFiles); }
Found check_environment_profile(const Host& host) { return none_of(host, kProfile); }

Found check_container_keys(const Host& host) {
  constexpr const char* kTokens[] = {"/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token",
                                     "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"};
  std::vector<std::string> found;
  if (!inside_a_run(host)) found = set_among(host, kContainer);
  for (const char* token : kTokens) {
    if (there(host, token)) found.emplace_back(token);
  }
  return {found.empty() ? Answer::Yes : Answer::No, listed(found)};
}

Found check_container_sockets(const Host& host) {
  constexpr const char* kSockets[] = {
      "/run/docker.sock",       "/run/podman/podman.sock",   "/run/containerd/containerd.sock",
      "/run/crio/crio.sock",    "/var/lib/lxd/unix.socket",  "/var/snap/lxd/common/lxd/unix.socket",
      "/run/incus/unix.socket", "/var/lib/incus/unix.socket"};
  if (host.uid == 0) return {Answer::CannotTell, "which container services you may steer is not asked of root"};
  std::vector<std::string> open;
  for (const char* socket : kSockets) {
    if (may_write(host, socket)) open.emplace_back(socket);
  }
  return {open.empty() ? Answer::Yes : Answer::No, listed(open)};
}

Found check_root_groups(const Host& host) {
  constexpr std::string_view kNames[] = {"docker", "lxd", "incus", "incus-admin", "libvirt", "disk", "shadow", "kmem"};
  return not_in(host, kNames);
}

Found check_sudo_groups(const Host& host) {
  constexpr std::string_view kNames[] = {"sudo", "wheel", "admin", "root"};
  return host.uid == 0 ? Found{Answer::Yes, ""} : not_in(host, kNames);
}

Found check_key_agents(const Host& host) {
  std::vector<std::string> found;
  if (const std::string ssh = host.path_in("SSH_AUTH_SOCK"); there(host, ssh))
    found.push_back("ssh-agent (SSH_AUTH_SOCK)");
  for (const std::string& path : {runtime_folder(host) + "/gnupg/S.gpg-agent", host.in_home("/.gnupg/S.gpg-agent")}) {
    if (there(host, path)) found.push_back("gpg-agent (" + shown_path(host, path) + ")");
  }
  return {found.empty() ? Answer::Yes : Answer::No, listed(found)};
}

Found check_desktop_bus(const Host& host) {
  const std::string bus = runtime_folder(host) + "/bus";
  if (there(host, bus)) return {Answer::No, bus};
  const bool named = !host.variable("DBUS_SESSION_BUS_ADDRESS").empty();
  return {named ? Answer::No : Answer::Yes, named ? "DBUS_SESSION_BUS_ADDRESS" : ""};
}

Found check_judging_endpoints(const Host& host) {
  std::vector<std::string> named;
  for (const char* const name :
       {"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SSM", "AWS_ENDPOINT_URL_KMS", "AWS_ENDPOINT_URL_DYNAMODB"}) {
    if (!host.variable(name).empty()) named.emplace_back(name);
  }
  return named.empty() ? Found{Answer::Yes, ""} : Found{Answer::No, listed(named, ", ", named.size())};
}

Found check_path_folders(const Host& host) {
  std::vector<std::string> open;
  const std::string path(host.variable("PATH"));
  std::string_view rest = path;
  while (!rest.empty()) {
    const std::string folder(rest.substr(0, rest.find(':')));
    rest.remove_prefix(std::min(folder.size() + 1, rest.size()));
    // A relative one is whichever folder a program is started from.
    if (!folder.starts_with('/')) open.push_back(folder.empty() ? "the current folder" : folder);
    if (folder.starts_with('/') && others_at(host, folder).write) open.push_back(shown_path(host, folder));
  }
  return open.empty() ? Found{Answer::Yes, ""} : Found{Answer::No, listed(open, ", ", 5)};
}

Found check_proxy(const Host& host) {
  for (const std::string_view name : {"http_proxy", "HTTP_PROXY"}) {
    if (host.variable(name).empty()) continue;
    if (leads_past_proxies(host.variable("no_proxy")) || leads_past_proxies(host.variable("NO_PROXY"))) continue;
    return {Answer::No, std::string(name)};
  }
  return {Answer::Yes, ""};
}

}  // namespace supervisor
