#include "command_line/table_words.h"

namespace supervisor {
namespace {

constexpr std::string_view kModeNote[] = {"",
                                          "; with --server",
                                          "; with --unix-socket",
                                          "; over TCP",
                                          "; without --server",
                                          "; with --server and a policy",
                                          "",
                                          "",
                                          "; with --profile",
                                          "; with --log-key",
                                          "; with --remote-server",
                                          "; with --auto-login",
                                          "; without --json"};

}  // namespace

// "--policy-parameter NAME --profile NAME [options] FILE". What a run needs, a config file may say, too.
std::string synopsis(const CommandRow& command) {
  const bool has_profiles = !command.is_tool() && command.program != Program::RunStatus;
  const std::string out = has_profiles ? "[PROFILE] [options]" : ipc::required_options(command) + "[options]";
  return command.positional.empty() ? out : out + " " + std::string(command.positional);
}

std::string option_word(const OptionRow& row) {
  std::string word = row.short_name ? std::string("-") + row.short_name + ", " : "";
  word += "--" + std::string(row.name);
  if (row.kind == OptionKind::Value) word += " " + std::string(row.argument);
  return word;
}

std::string meaning_of(const OptionRow& row) {
  std::string text(row.meaning);
  if (!row.initial.empty() && row.initial != "0") text += " (default: " + std::string(row.initial) + ")";
  return text + std::string(kModeNote[static_cast<int>(row.mode)]);
}

}  // namespace supervisor
