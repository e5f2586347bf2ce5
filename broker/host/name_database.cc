#include "host/name_database.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>

namespace broker {
namespace {

// Again with more room, until what is found fits: a group may have very many members.
template <class Entry, class Ask, class Take>
Lookup look_up(Ask ask, Take take) {
  constexpr std::size_t kMaxBuffer = 1024 * 1024;
  for (std::size_t size = 4096; size <= kMaxBuffer; size *= 2) {
    std::string buffer(size, '\0');
    Entry entry{};
    Entry* found = nullptr;
    const int error = ask(&entry, buffer.data(), buffer.size(), &found);
    if (error == ERANGE) continue;
    if (error != 0 && error != ENOENT && error != ESRCH) return Lookup::kFailed;
    if (found == nullptr) return Lookup::kNone;
    take(*found);
    return Lookup::kFound;
  }
  return Lookup::kFailed;
}

// In a user namespace of one's own making any number can be claimed. Only the first namespace maps all of them, each
// to itself (user_namespaces(7)).
bool numbers_are_the_hosts() {
  std::ifstream map("/proc/self/gid_map");
  unsigned long inside = 1, outside = 1, count = 0;
  std::string more;
  constexpr unsigned long kAll = 4294967295;
  return (map >> inside >> outside >> count) && inside == 0 && outside == 0 && count == kAll && !(map >> more);
}

}  // namespace

Lookup find_group_name(gid_t gid, std::string& name) {
  return look_up<group>([gid](auto... rest) { return ::getgrgid_r(gid, rest...); },
                        [&](const group& found) { name = found.gr_name; });
}

Lookup find_login(uid_t uid, LoginEntry& login) {
  return look_up<passwd>([uid](auto... rest) { return ::getpwuid_r(uid, rest...); },
                         [&](const passwd& found) {
                           login = {found.pw_name, found.pw_uid, found.pw_gid};
                         });
}

Lookup find_login(const std::string& name, LoginEntry& login) {
  return look_up<passwd>([&](auto... rest) { return ::getpwnam_r(name.c_str(), rest...); },
                         [&](const passwd& found) {
                           login = {found.pw_name, found.pw_uid, found.pw_gid};
                         });
}

std::optional<std::vector<std::string>> own_unix_groups() {
  if (!numbers_are_the_hosts()) return std::nullopt;
  const int count = ::getgroups(0, nullptr);
  if (count < 0) return std::nullopt;
  std::vector<gid_t> gids(static_cast<std::size_t>(count));
  if (::getgroups(count, gids.data()) != count) return std::nullopt;
  gids.push_back(::getegid());
  std::ranges::sort(gids);
  gids.erase(std::ranges::unique(gids).begin(), gids.end());
  std::vector<std::string> names;
  for (const gid_t gid : gids) {
    std::string name;
    const Lookup lookup = find_group_name(gid, name);
    if (lookup == Lookup::kFailed) return std::nullopt;
    if (lookup == Lookup::kFound && !name.empty()) names.push_back(std::move(name));
  }
  return names;
}

}  // namespace broker
