// The ways to ask the user for a code or a passphrase: the words of --prompt, and which of them can work now.
//
// Runs in: supervisor.   Blocks: never.
// Fails: kUnavailable or kConfig where none can work, with what would help.
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "ipc/result.h"

namespace supervisor {

enum class PromptMethod { Terminal, Pinentry, Zenity, Kdialog, Ykman };

struct PromptMethodRow {
  PromptMethod method;
  std::string_view word;
};
inline constexpr PromptMethodRow kPromptMethods[] = {
    {PromptMethod::Terminal, "terminal"}, {PromptMethod::Pinentry, "pinentry"}, {PromptMethod::Zenity, "zenity"},
    {PromptMethod::Kdialog, "kdialog"},   {PromptMethod::Ykman, "ykman"},
};

// Nothing for a word that is none.
constexpr std::optional<PromptMethod> prompt_method(std::string_view word) {
  for (const PromptMethodRow& row : kPromptMethods) {
    if (row.word == word) return row.method;
  }
  return std::nullopt;
}
constexpr std::string_view prompt_word(PromptMethod method) { return kPromptMethods[static_cast<int>(method)].word; }

struct PromptSurroundings {
  bool terminal = false;                          // there is one, and it is not the command's yet
  bool display = false;                           // DISPLAY or WAYLAND_DISPLAY
  std::function<bool(std::string_view)> found{};  // whether PATH has such a program
};

struct PromptWay {
  PromptMethod method;
  std::string_view program;  // empty for the terminal
};

// In the order in which they are tried: a program that turns out not to work is followed by the next. One way alone
// where the user has named it. Ykman answers for codes alone; a passphrase is then asked for as by default.
ipc::Result<std::vector<PromptWay>> prompt_ways(std::optional<PromptMethod> wanted, bool for_code,
                                                const PromptSurroundings&);

}  // namespace supervisor
