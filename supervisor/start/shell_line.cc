#include "start/shell_line.h"

#include <unistd.h>

#include <algorithm>

namespace supervisor {
namespace {

constexpr std::string_view kShells[] = {"sh",   "ash", "bash", "csh",  "dash", "elvish", "fish", "ksh",
                                        "mksh", "nu",  "oksh", "pwsh", "tcsh", "xonsh",  "yash", "zsh"};
// Options of shells that have a word behind them.
constexpr std::string_view kWithWord[] = {"--rcfile", "--init-file", "-o", "+o", "-O", "+O"};

// "-c", or a bundle of one-letter options with it.
bool runs_a_text(std::string_view word) {
  if (word == "--command" || word == "--commands" || word.starts_with("--command=")) return true;
  return word.size() > 1 && word[0] == '-' && word[1] != '-' && word.contains('c');
}

// "ledger-prod of 111122223333"
std::string role_words(std::string_view arn) {
  const std::size_t name = arn.rfind('/'), account = arn.find("::");
  if (name == arn.npos || account == arn.npos) return std::string(arn);
  const std::string_view rest = arn.substr(account + 2);
  return std::string(arn.substr(name + 1)) + " of " + std::string(rest.substr(0, rest.find(':')));
}

}  // namespace

bool is_shell_for_people(std::span<const std::string> command) {
  if (command.empty()) return false;
  const std::string_view file(command.front()), name = file.substr(file.rfind('/') + 1);
  if (std::ranges::find(kShells, name) == std::end(kShells)) return false;
  for (std::size_t i = 1; i < command.size(); ++i) {
    const std::string_view word(command[i]);
    if (runs_a_text(word)) return false;
    if (std::ranges::find(kWithWord, word) != std::end(kWithWord)) {
      ++i;
    } else if (!word.starts_with('-') && !word.starts_with('+')) {
      return false;
    }
  }
  return true;
}

bool is_interactive_shell(std::span<const std::string> command) {
  return is_shell_for_people(command) && ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
}

std::string shell_line(const ShellFacts& facts) {
  std::string line = "profile " + std::string(facts.profile);
  if (!facts.role_arn.empty()) line += ", role " + role_words(facts.role_arn);
  if (!facts.rule.empty()) line += ", rule \"" + std::string(facts.rule) + "\"";
  return line + ", " + facts.how + "; exit leaves";
}

}  // namespace supervisor
