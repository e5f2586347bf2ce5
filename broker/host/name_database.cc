#include "host/name_database.h"

#include <grp.h>
#include <pwd.h>

#include <cerrno>

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

}  // namespace broker
