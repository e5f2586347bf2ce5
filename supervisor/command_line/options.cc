#include "command_line/options.h"

#include <algorithm>
#include <optional>

#include "command_line/other_words.h"
#include "ipc/text/ascii.h"
#include "ipc/text/nearest_word.h"

namespace supervisor {
namespace {

using ipc::Fault;

std::string words_of(Scope scope) {
  if (scope.command()) return std::string(scope.command()->words);
  return scope.group() ? std::string(scope.group()->word) : "";
}

std::string nearest_option(std::string_view typed, Scope scope) {
  if (std::string answer = answer_to_other_word(scope, typed); !answer.empty()) return answer;
  if (typed.starts_with("no-")) typed.remove_prefix(3);
  std::vector<std::string_view> known;
  for (const OptionRow& row : kOptions) {
    if (scope.has(row)) known.push_back(row.name);
  }
  const auto best = ipc::nearest_word(typed, known);
  return best ? "did you mean --" + std::string(*best) + "?" : see_help(scope);
}

std::string nearest_command(std::string_view typed, Scope scope) {
  if (std::string answer = answer_to_other_word(scope, typed); !answer.empty()) return answer;
  std::vector<std::string_view> known;
  for (const CommandRow& row : kCommands) {
    if (scope.group() ? row.group() == scope.group()->word : row.group().empty()) known.push_back(row.last_word());
  }
  if (scope.is_top()) {
    for (const GroupRow& row : kGroups) known.push_back(row.word);
  }
  const std::string before = scope.group() ? std::string(scope.group()->word) + " " : "";
  if (find_option(typed, scope)) return "did you mean `sentinel " + before + "--" + std::string(typed) + "`?";
  const auto best = ipc::nearest_word(typed, known);
  return best ? "did you mean `sentinel " + before + std::string(*best) + "`?" : see_help(scope);
}

const OptionRow* find_short(char letter, Scope scope) {
  for (const OptionRow& row : kOptions) {
    if (scope.has(row) && row.short_name == letter && letter != 0) return &row;
  }
  return nullptr;
}

bool is_one_of(std::string_view value, std::string_view words) {
  while (!words.empty()) {
    if (next_item(words, '|') == value) return true;
  }
  return false;
}

// "a|b|c" as "a, b or c".
std::string spoken(std::string_view words) {
  std::string out(next_item(words, '|'));
  while (!words.empty()) {
    const std::string_view word = next_item(words, '|');
    out += (words.empty() ? " or " : ", ") + std::string(word);
  }
  return out;
}

// Walks the words. One object per command line.
class Parser {
 public:
  explicit Parser(std::span<const std::string_view> words) : words_(words) {}

  ipc::Result<CommandLine> parse() {
    while (next_ < words_.size()) {
      const std::string_view word = words_[next_++];
      ipc::Status taken;
      if (word == "--") {
        taken = take_dashes();
      } else if (word.size() > 1 && word[0] == '-') {
        taken = word[1] == '-' ? take_long(word.substr(2)) : take_short(word);
      } else {
        taken = line_.scope.command() ? take_argument() : take_word(word);
      }
      if (!taken) return std::unexpected(taken.error());
    }
    return std::move(line_);
  }

 private:
  ipc::Status take_dashes() {
    if (!line_.scope.command()) return ipc::fail(Fault::kUsage, "-- before the command's word", see_help(line_.scope));
    take_rest();
    return {};
  }

  void take_rest() {
    while (next_ < words_.size()) line_.arguments.emplace_back(words_[next_++]);
  }

  // As with env(1), the first plain word behind exec begins the command, whose options are its own; but a single word
  // before -- is the profile. A tool's arguments and options may stand in any order.
  ipc::Status take_argument() {
    const std::string_view word = words_[next_ - 1];
    const bool is_run = !line_.scope.command()->is_tool();
    const bool has_profiles = is_run && !line_.is(Program::RunStatus);
    if (has_profiles && !line_.has("profile") && !word.empty() && (!line_.is(Program::Exec) || dashes_follow())) {
      return set("profile", std::string(word));
    }
    line_.arguments.emplace_back(word);
    if (line_.is(Program::Exec)) take_rest();
    return {};
  }

  // Whether nothing but options of ours stands between here and --, or --show-settings, with which nothing is run.
  [[nodiscard]] bool dashes_follow() const {
    for (std::size_t at = next_; at < words_.size(); ++at) {
      const std::string_view word = words_[at];
      if (word == "--" || word == "--show-settings") return true;
      if (!word.starts_with('-')) return false;
      const std::string_view name = word.substr(std::min(word.find_first_not_of('-'), word.size()));
      const OptionRow* row = word.starts_with("--") ? find_option(name, line_.scope)
                             : word.size() == 2     ? find_short(word[1], line_.scope)
                                                    : nullptr;
      if (row && row->kind == OptionKind::Value) ++at;  // its value is the next word
    }
    return false;
  }

  // `sentinel help policy lint` and `sentinel policy help lint` are `sentinel policy lint --help`.
  ipc::Status take_word(std::string_view word) {
    if (word == "help") return set("help", "true");
    const std::string typed(word);
    const std::string words = line_.scope.group() ? std::string(line_.scope.group()->word) + " " + typed : typed;
    if (const CommandRow* command = find_command(words)) {
      line_.scope = Scope(*command);
      return {};
    }
    if (line_.scope.is_top()) {
      if (const GroupRow* group = find_group(word)) {
        line_.scope = Scope(*group);
        return {};
      }
    }
    return ipc::fail(Fault::kUsage, "unknown command " + words, nearest_command(word, line_.scope));
  }

  // As getopt(3) reads them: `-su` is `-s -u`, and `-pdev` is `-p dev`.
  ipc::Status take_short(std::string_view word) {
    for (std::size_t at = 1; at < word.size(); ++at) {
      const OptionRow* row = find_short(word[at], line_.scope);
      if (!row) {
        return ipc::fail(Fault::kUsage, "unknown option " + std::string(word),
                         nearest_option(word.substr(1), line_.scope));
      }
      const bool with_value = row->kind == OptionKind::Value && at + 1 < word.size();
      const ipc::Status taken =
          take(*row, with_value ? std::optional(word.substr(at + 1)) : std::optional<std::string_view>(), true);
      if (!taken || with_value) return taken;
    }
    return {};
  }

  ipc::Status take_long(std::string_view text) {
    const std::size_t equals = text.find('=');
    const std::string_view name = text.substr(0, equals);
    std::optional<std::string_view> value;
    if (equals != std::string_view::npos) value = text.substr(equals + 1);
    if (const OptionRow* row = find_option(name, line_.scope)) return take(*row, value, true);
    if (name.starts_with("no-")) {
      const OptionRow* row = find_option(name.substr(3), line_.scope);
      if (row && row->kind == OptionKind::Flag) return take(*row, value, false);
    }
    return unknown(name);
  }

  [[nodiscard]] ipc::Status unknown(std::string_view name) const {
    const std::string option = "--" + std::string(name);
    if (!line_.scope.is_top() && find_option(name, Scope())) {
      return ipc::fail(Fault::kUsage, option + " stands on the wrong side of the word " + words_of(line_.scope),
                       "write it before " + words_of(line_.scope));
    }
    for (const CommandRow& command : kCommands) {
      if (!line_.scope.command() && find_option(name, Scope(command))) {
        return ipc::fail(
            Fault::kUsage, option + " stands on the wrong side of the command's word",
            "write it behind the command, as in `sentinel " + std::string(command.words) + " " + option + "`");
      }
    }
    return ipc::fail(Fault::kUsage, "unknown option " + option, nearest_option(name, line_.scope));
  }

  ipc::Status take(const OptionRow& row, std::optional<std::string_view> value, bool on) {
    const std::string name(row.name);
    if (row.kind != OptionKind::Value) {
      if (value) return ipc::fail(Fault::kUsage, "--" + name + " takes no value", "write --" + name + " alone");
      return set(name, on ? "true" : "false");
    }
    if (!value) {
      if (next_ == words_.size()) {
        return ipc::fail(Fault::kUsage, "--" + name + " needs a value",
                         "write --" + name + " " + std::string(ipc::one_argument(row)));
      }
      value = words_[next_++];
    }
    if (ipc::Status sound = check_value(row, *value); !sound) return sound;
    if (may_be_given_again(row)) return add(name, std::string(*value));
    return set(name, std::string(*value));
  }

  ipc::Status add(const std::string& name, std::string value) {
    if (line_.given.try_emplace(name, value).second) return {};
    if (std::ranges::count(line_.values(name), value) == 0) line_.more[name].push_back(std::move(value));
    return {};
  }

  ipc::Status set(const std::string& name, std::string value) {
    const auto [at, fresh] = line_.given.try_emplace(name, value);
    if (!fresh && at->second != value) {
      return ipc::fail(Fault::kUsage, "--" + name + " is given twice with different values", "give it once");
    }
    return {};
  }

  std::span<const std::string_view> words_;
  std::size_t next_ = 0;
  CommandLine line_;
};

}  // namespace

std::string variable_of(std::string_view option) {
  std::string name = "SENTINEL_" + ipc::uppered(option);
  std::ranges::replace(name, '-', '_');
  return name;
}

std::string see_help(Scope scope) {
  const std::string words = words_of(scope);
  return "see `sentinel " + words + (words.empty() ? "" : " ") + "--help`";
}

bool CommandLine::flag(std::string_view name) const { return has(name) && given.find(name)->second == "true"; }

bool CommandLine::asks_for(const OptionRow& row) const {
  return row.kind == OptionKind::Value ? has(row.name) : flag(row.name);
}

std::string CommandLine::value(std::string_view name) const {
  if (const auto at = given.find(name); at != given.end()) return at->second;
  const OptionRow* row = find_option(name, scope);
  return row ? std::string(row->initial) : "";
}

std::vector<std::string> CommandLine::values(std::string_view name) const {
  std::vector<std::string> all;
  if (const auto at = given.find(name); at != given.end()) all.push_back(at->second);
  if (const auto at = more.find(name); at != more.end()) all.insert(all.end(), at->second.begin(), at->second.end());
  return all;
}

ipc::Status check_value(const OptionRow& row, std::string_view value) {
  const std::string name = "--" + std::string(row.name);
  if (value.empty())
    return ipc::fail(Fault::kUsage, name + " has an empty value", "give a value or leave the option out");
  if (row.complete != Completion::Words || is_one_of(value, row.argument)) return {};
  return ipc::fail(Fault::kUsage, name + " " + std::string(value) + " is unknown", "give " + spoken(row.argument));
}

ipc::Result<CommandLine> parse_command_line(std::span<const std::string_view> arguments) {
  return Parser(arguments).parse();
}

std::optional<Program> program_meant(std::span<const std::string_view> arguments) {
  const auto word = std::ranges::find_if(
      arguments, [](std::string_view argument) { return !argument.starts_with('-') && argument != "help"; });
  if (word == arguments.end()) return std::nullopt;
  const auto* const row = std::ranges::find_if(kCommands, [word](const CommandRow& command) {
    return command.words == *word || (!command.group().empty() && command.group() == *word);
  });
  return row == std::end(kCommands) ? std::nullopt : std::optional(row->program);
}

}  // namespace supervisor
