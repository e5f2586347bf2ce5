#include "doctor/host.h"

#include <arpa/inet.h>
#include <grp.h>
#include <limits.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdlib>

#include "terminal/account.h"

namespace supervisor {
namespace {

constexpr char kMetadataAddress[] = "169.254.169.254";
constexpr std::uint16_t kMetadataPort = 80;

std::string name_of_group(gid_t group) {
  std::vector<char> room(16384);
  ::group entry{};
  ::group* found = nullptr;
  if (::getgrgid_r(group, &entry, room.data(), room.size(), &found) != 0 || !found) return "";
  return entry.gr_name;
}

std::vector<std::string> own_groups() {
  std::vector<gid_t> ids(static_cast<std::size_t>(std::max(0, ::getgroups(0, nullptr))));
  const int count = ::getgroups(static_cast<int>(ids.size()), ids.data());
  ids.resize(static_cast<std::size_t>(std::max(0, count)));
  ids.push_back(::getegid());
  std::vector<std::string> names;
  for (const gid_t id : ids) {
    if (std::string name = name_of_group(id); !name.empty()) names.push_back(std::move(name));
  }
  return names;
}

// The program `sentinel` beside which this one was installed or built; empty where /proc does not say.
std::string sentinel_beside(const std::string& own) {
  const std::string folder = own.substr(0, own.rfind('/'));
  constexpr std::string_view kInstalled = "/libexec/sentinel";
  if (!folder.ends_with(kInstalled)) return folder + "/sentinel";
  return folder.substr(0, folder.size() - kInstalled.size()) + "/bin/sentinel";
}

std::string own_program() {
  char path[PATH_MAX];
  const ssize_t length = ::readlink("/proc/self/exe", path, sizeof path);
  return length > 0 ? std::string(path, static_cast<std::size_t>(length)) : "";
}

}  // namespace

std::string Host::variable(std::string_view name) const {
  for (const std::string& entry : environment) {
    if (entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=') {
      return entry.substr(name.size() + 1);
    }
  }
  return "";
}

std::string Host::path_in(std::string_view name) const {
  const std::string path = variable(name);
  return path == "~" || path.starts_with("~/") ? in_home(path.substr(1)) : path;
}

Host real_host(bool offline) {
  const char* const home = std::getenv("HOME");
  const Account account = own_account(home ? home : "");
  Host host;
  host.uid = ::geteuid();
  host.user = account.name;
  host.home = account.home;
  host.groups = own_groups();
  if (!host.user.empty() && name_of_group(::getegid()) == host.user) host.private_group = ::getegid();
  for (char** entry = environ; *entry; ++entry) host.environment.emplace_back(*entry);
  const std::string own = own_program();
  if (!own.empty()) host.sentinel = sentinel_beside(own);
  host.dumpable_at_start = ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 1;
  host.offline = offline;
  host.metadata.sin_family = AF_INET;
  host.metadata.sin_port = htons(kMetadataPort);
  ::inet_pton(AF_INET, kMetadataAddress, &host.metadata.sin_addr);
  host.now = std::time(nullptr);
  return host;
}

}  // namespace supervisor
