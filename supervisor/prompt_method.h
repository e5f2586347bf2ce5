// The ways to ask the user for a code or a passphrase: the words of --prompt.
//
// Runs in: supervisor.   Blocks: never.
#pragma once

#include <optional>
#include <string_view>

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

}  // namespace supervisor
