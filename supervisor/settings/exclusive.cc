#include "settings/exclusive.h"

#include <algorithm>
#include <utility>

namespace supervisor {
namespace {

// Those that no row of commands.def holds, since neither need be there.
constexpr std::pair<std::string_view, std::string_view> kPairs[] = {
    {"server", "remote-server"}, {"policy-key", "policy-kms-key"}, {"quiet", "verbose"}};

constexpr std::pair<std::string_view, std::string_view> kFinalPairs[] = {{"profile", "profiles"},
                                                                         {"profile", "all-profiles"}};

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
    const Choice choice = choice_of(next_item(list));
    if (!choice.several && are_in(choice.names, a, b)) return true;
  }
  return false;
}

bool shut_out_finally(std::string_view option, std::string_view other) {
  return std::ranges::find(kFinalPairs, std::pair(option, other)) != std::end(kFinalPairs);
}

bool asks(const Setting& setting) { return setting.value != "false"; }

}  // namespace supervisor
