#include "host/unix_groups.h"

#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "host/name_database.h"

namespace broker {
namespace {

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
