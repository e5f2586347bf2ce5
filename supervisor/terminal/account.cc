#include "terminal/account.h"

#include <pwd.h>
#include <unistd.h>

#include <vector>

namespace supervisor {

Account own_account(std::string_view home_variable) {
  std::vector<char> room(16384);
  passwd entry{};
  passwd* found = nullptr;
  (void)::getpwuid_r(::getuid(), &entry, room.data(), room.size(), &found);
  Account account;
  if (home_variable.starts_with('/')) {
    account.home = home_variable;
  } else if (found && found->pw_dir && found->pw_dir[0] == '/') {
    account.home = found->pw_dir;
  }
  while (account.home.size() > 1 && account.home.ends_with('/')) account.home.pop_back();
  const bool named = found && found->pw_name && *found->pw_name;
  account.name = named ? found->pw_name : std::to_string(::getuid());
  return account;
}

}  // namespace supervisor
