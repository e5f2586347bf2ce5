// Who runs us. The name, by which policies judge, comes from the password database alone, never from USER or LOGNAME,
// which the caller's surroundings decide; HOME says where the caller's files are, as it does to every AWS tool.
//
// Runs in: supervisor.   Blocks: as the name service does.
#pragma once

#include <string>
#include <string_view>

namespace supervisor {

struct Account {
  std::string home;  // HOME where it is an absolute path, else the password database's; empty where neither is one
  std::string name;  // the uid in digits where the password database has no entry
};

Account own_account(std::string_view home_variable);

}  // namespace supervisor
