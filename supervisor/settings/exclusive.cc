#include "settings/exclusive.h"

#include <utility>

namespace supervisor {
namespace {

// Those that no row of commands.def holds, since neither need be there.
constexpr std::pair<std::string_view, std::string_view> kPairs[] = {
    {"server", "remote-server"}, {"policy-key", "policy-kms-key"}, {"quiet", "verbose"}};

bool are_in(std::string_view names, std::string_view a, std::string_view b) {
  bool has_a = false, has_b = false;
  while (!names.empty()) {
    const std::string_view name = next_item(names, '|');
    has_a |= name == a;
    has_b |= name == b;
  }
  return has_a && has_b;
}

}  // namespace

bool shut_out(std::string_view a, std::string_view b, Scope scope) {
  if (a == b) return false;
  for (const auto& [one, other] : kPairs) {
    if ((a == one && b == other) || (a == other && b == one)) return true;
  }
  for (std::string_view list = scope.command() ? scope.command()->required : ""; !list.empty();) {
    if (are_in(choice_of(next_item(list)).names, a, b)) return true;
  }
  return false;
}

bool asks(const Setting& setting) { return setting.value != "false"; }

}  // namespace supervisor
