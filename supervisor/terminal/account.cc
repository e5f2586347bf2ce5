#include "terminal/account.h"

#include <pwd.h>
#include <unistd.h>

#include <vector>

namespace supervisor {

Account own_account() {
  std::vector<char> room(16384);
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(::getuid(), &entry, room.data(), room.size(), &found) != 0 || !found) return {};
  return {entry.pw_dir ? entry.pw_dir : "", entry.pw_name ? entry.pw_name : ""};
}

}  // namespace supervisor
