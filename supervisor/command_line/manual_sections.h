// Sections of sentinel(1) that are tables of their own: examples, the environment, the permissions.
//
// Runs in: supervisor.   Blocks: never.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace supervisor {

struct Example {
  std::string_view title;
  std::string_view lines[3];  // command lines as a shell takes them; empty: none
};
std::span<const Example> examples();

std::string roff_examples();
std::string roff_environment();
std::string roff_permissions();

}  // namespace supervisor
