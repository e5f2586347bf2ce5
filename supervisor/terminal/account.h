// Who runs us, from the password database; never from HOME or USER, which the caller's surroundings decide.
//
// Runs in: supervisor.   Blocks: as the name service does.
#pragma once

#include <string>

namespace supervisor {

struct Account {
  std::string home, name;  // empty where the password database has no entry
};

Account own_account();

}  // namespace supervisor
