#include "argument/prompt_method.h"

#include <string>

namespace supervisor {
namespace {

using ipc::Fault;

// With a window of its own. Plain `pinentry` is whatever the host chose, and may be one for terminals: last.
constexpr std::string_view kPinentries[] = {"pinentry-gnome3", "pinentry-qt5", "pinentry-qt",
                                            "pinentry-gtk-2",  "pinentry-gtk", "pinentry"};

std::string_view first_found(const PromptSurroundings& around, PromptMethod method) {
  if (method == PromptMethod::Pinentry) {
    for (const std::string_view name : kPinentries) {
      if (around.found(name)) return name;
    }
    return {};
  }
  for (const PromptMethodRow& row : kPromptMethods) {
    if (row.method == method && around.found(row.word)) return row.word;
  }
  return {};
}

ipc::Result<PromptWay> asked_for(PromptMethod method, const PromptSurroundings& around) {
  if (method == PromptMethod::Terminal) {
    if (around.terminal) return PromptWay{method, {}};
    return ipc::fail(Fault::kUnavailable, "there is no terminal to ask on",
                     "start it from a terminal, or choose another --prompt");
  }
  const std::string_view program = first_found(around, method);
  const std::string word(prompt_word(method));
  if (program.empty())
    return ipc::fail(Fault::kConfig, word + " was not found", "install it, or choose another --prompt");
  if (method != PromptMethod::Ykman && !around.display) {
    return ipc::fail(Fault::kUnavailable, word + " has no display to show a window on",
                     "set DISPLAY or WAYLAND_DISPLAY, or choose another --prompt");
  }
  return PromptWay{method, program};
}

}  // namespace

ipc::Result<std::vector<PromptWay>> prompt_ways(std::optional<PromptMethod> wanted, bool for_code,
                                                const PromptSurroundings& around) {
  const bool knows_codes_alone = wanted == PromptMethod::Ykman;
  if (wanted && (for_code || !knows_codes_alone)) {
    const auto way = asked_for(*wanted, around);
    if (!way) return std::unexpected(way.error());
    return std::vector{*way};
  }
  std::vector<PromptWay> ways;
  if (around.terminal) ways.push_back({PromptMethod::Terminal, {}});
  for (const PromptMethod method : {PromptMethod::Pinentry, PromptMethod::Zenity, PromptMethod::Kdialog}) {
    const std::string_view program = around.display ? first_found(around, method) : std::string_view{};
    if (!program.empty()) ways.push_back({method, program});
  }
  if (!ways.empty()) return ways;
  return ipc::fail(Fault::kUnavailable,
                   around.display
                       ? "there is no terminal to ask on, and neither pinentry nor zenity nor kdialog is there"
                       : "there is no terminal to ask on, and no display for a window",
                   for_code ? "start it from a terminal, pipe a code into --mfa-token -, or write mfa_process into the "
                              "profile"
                            : "start it from a terminal");
}

}  // namespace supervisor
