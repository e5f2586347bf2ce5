#include "ipc/files/trust.h"

#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string>
#include <vector>

#include "ipc/owned.h"

namespace ipc {
namespace {

constexpr std::size_t kFirstRoom = 4096;
constexpr std::size_t kMostRoom = 1 << 20;  // a group of very many members is no private one

// Calls one of the reentrant look-ups with as much room as it asks for.
template <class Entry, class LookUp>
Entry* look_up(std::vector<char>& room, Entry& entry, LookUp&& ask) {
  for (room.resize(kFirstRoom); room.size() <= kMostRoom; room.resize(room.size() * 4)) {
    Entry* found = nullptr;
    const int error = ask(&entry, room.data(), room.size(), &found);
    if (error == 0) return found;
    if (error != ERANGE && error != EINTR) return nullptr;
  }
  return nullptr;
}

// The local file alone: to list every account of a directory service can take minutes, and the name has been compared.
bool is_primary_of_another(gid_t group, uid_t uid) {
  const Owned<std::FILE, std::fclose> accounts(std::fopen("/etc/passwd", "re"));
  if (!accounts) return false;  // then no account of this file has it
  std::vector<char> room(kFirstRoom);
  passwd entry{};
  passwd* found = nullptr;
  int error = 0;
  while ((error = ::fgetpwent_r(accounts.get(), &entry, room.data(), room.size(), &found)) == 0 && found) {
    if (found->pw_gid == group && found->pw_uid != uid) return true;
  }
  return error != 0 && error != ENOENT;  // a file that cannot be read whole proves nothing
}

}  // namespace

std::optional<gid_t> private_group(uid_t uid) {
  if (uid == 0) return std::nullopt;  // root's umask leaves no group writing, and images give its group to others
  std::vector<char> user_room, group_room;
  passwd user_entry{};
  group group_entry{};
  const passwd* const user =
      look_up(user_room, user_entry, [uid](passwd* entry, char* room, std::size_t size, passwd** found) {
        return ::getpwuid_r(uid, entry, room, size, found);
      });
  if (!user) return std::nullopt;
  const gid_t gid = user->pw_gid;
  const group* const own =
      look_up(group_room, group_entry, [gid](group* entry, char* room, std::size_t size, group** found) {
        return ::getgrgid_r(gid, entry, room, size, found);
      });
  const std::string name = user->pw_name;
  if (!own || own->gr_name != name) return std::nullopt;
  for (char* const* member = own->gr_mem; *member; ++member) {
    if (*member != name) return std::nullopt;
  }
  if (is_primary_of_another(gid, uid)) return std::nullopt;
  return gid;
}

mode_t bits_of_others(const struct stat& status, const Trust& trust) {
  const mode_t of_group = status.st_gid == trust.private_group ? 0 : (status.st_mode & S_IRWXG) >> 3;
  return (status.st_mode & S_IRWXO) | of_group;
}

Trust trust_user(uid_t uid) {
  struct Known {
    uid_t uid;
    std::optional<gid_t> group;
  };
  static std::vector<Known> known;  // of this process's few users; what the accounts were at its start
  auto found = std::ranges::find(known, uid, &Known::uid);
  if (found == known.end()) found = known.insert(known.end(), {uid, private_group(uid)});
  return {uid, found->group, true};
}

}  // namespace ipc
