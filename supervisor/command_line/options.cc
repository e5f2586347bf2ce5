#include "command_line/options.h"

#include <algorithm>
#include <optional>

#include "ipc/text/nearest_word.h"

namespace supervisor {
namespace {

using ipc::Fault;

constexpr std::string_view kJudgedThere = "leave one of them out: the remote server judges by a policy of its own";

std::string words_of(Scope scope) {
  if (scope.command()) return std::string(scope.command()->words);
  return scope.group() ? std::string(scope.group()->word) : "";
}

std::string see_help(Scope scope) {
  const std::string words = words_of(scope);
  return "see `sentinel " + words + (words.empty() ? "" : " ") + "--help`";
}

std::string nearest_option(std::string_view typed, Scope scope) {
  if (typed.starts_with("no-")) typed.remove_prefix(3);
  std::vector<std::string_view> known;
  for (const OptionRow& row : kOptions) {
    if (scope.has(row)) known.push_back(row.name);
  }
  const auto best = ipc::nearest_word(typed, known);
  return best ? "did you mean --" + std::string(*best) + "?" : see_help(scope);
}

std::string nearest_command(std::string_view typed, Scope scope) {
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

  // As with env(1), the first plain word behind exec begins the command, whose options are its own. A tool's arguments
  // and options may stand in any order.
  ipc::Status take_argument() {
    --next_;
    if (line_.is(Program::Exec)) {
      take_rest();
    } else {
      line_.arguments.emplace_back(words_[next_++]);
    }
    return {};
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

  ipc::Status take_short(std::string_view word) {
    const OptionRow* row = word.size() == 2 ? find_short(word[1], line_.scope) : nullptr;
    if (!row)
      return ipc::fail(Fault::kUsage, "unknown option " + std::string(word),
                       nearest_option(word.substr(1), line_.scope));
    return take(*row, std::nullopt, true);
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
    if (value->empty())
      return ipc::fail(Fault::kUsage, "--" + name + " has an empty value", "give a value or leave the option out");
    if (row.complete == Completion::Words && !is_one_of(*value, row.argument)) {
      return ipc::fail(Fault::kUsage, "--" + name + " " + std::string(*value) + " is unknown",
                       "give " + spoken(row.argument));
    }
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

std::string with_argument(std::string_view name, const CommandLine& line) {
  const OptionRow* row = find_option(name, line.scope);
  return "--" + std::string(name) + (row->argument.empty() ? "" : " " + std::string(ipc::one_argument(*row)));
}

bool asks_for(const CommandLine& line, const OptionRow& row) {
  return row.kind == OptionKind::Value ? line.has(row.name) : line.flag(row.name);
}

// One item of the required column: exactly one of the options with | between them, or at most one, or at least one.
ipc::Status check_required(Choice choice, const CommandLine& line) {
  std::vector<std::string_view> names, there;
  while (!choice.names.empty()) {
    names.push_back(next_item(choice.names, '|'));
    if (const OptionRow* row = find_option(names.back(), line.scope); row && asks_for(line, *row))
      there.push_back(names.back());
  }
  if (there.size() == 1 || (there.empty() && !choice.must)) return {};
  if (there.size() > 1 && choice.several) return {};
  if (there.size() > 1) {
    return ipc::fail(Fault::kUsage,
                     "--" + std::string(there[0]) + " and --" + std::string(there[1]) + " are both given",
                     "leave one of them out");
  }
  std::string missing, add;
  for (const std::string_view name : names) {
    missing += (missing.empty() ? "--" : " or --") + std::string(name);
    add += (add.empty() ? "add " : " or ") + with_argument(name, line);
  }
  return ipc::fail(Fault::kUsage, missing + " is missing", add);
}

ipc::Status needs(std::string_view option, std::string_view other) {
  const std::string name = "--" + std::string(option), needed = "--" + std::string(other);
  return ipc::fail(Fault::kUsage, name + " does nothing without " + needed,
                   "add " + needed + " or leave " + name + " out");
}

// What an option says nothing to: it would be ignored, so it is refused.
ipc::Status useless(std::string_view option, std::string_view with, std::string_view next_step) {
  return ipc::fail(Fault::kUsage, "--" + std::string(option) + " does nothing with --" + std::string(with),
                   std::string(next_step));
}

ipc::Status check_server_mode(const CommandLine& line, const OptionRow& row) {
  const bool remote = line.has("remote-server"), served = line.flag("server") || remote;
  const bool unix_socket = line.flag("unix-socket");
  if (row.mode == OptionMode::NoServer) {
    if (!served) return {};
    return useless(row.name, remote ? "remote-server" : "server", "write --server-duration, or leave one of them out");
  }
  if (!served) return needs(row.name, "server");
  if (row.mode == OptionMode::PolicyServer && remote) return useless(row.name, "remote-server", kJudgedThere);
  if (row.mode == OptionMode::UnixServer && !unix_socket) return needs(row.name, "unix-socket");
  if (row.mode == OptionMode::TcpServer && unix_socket && !line.flag("allow-tcp-fallback"))
    return useless(row.name, "unix-socket", "leave one of them out, or add --allow-tcp-fallback");
  return {};
}

// The mode column of the table: an option of a mode that is not on would do nothing, so it is refused.
ipc::Status check_mode(const CommandLine& line, const OptionRow& row) {
  const auto with = [&](std::string_view other) { return line.has(other) ? ipc::Status{} : needs(row.name, other); };
  switch (row.mode) {
    case OptionMode::Any:
      return {};
    case OptionMode::Server:
    case OptionMode::UnixServer:
    case OptionMode::TcpServer:
    case OptionMode::NoServer:
    case OptionMode::PolicyServer:
      return check_server_mode(line, row);
    case OptionMode::LocalPolicy:
      if (line.has("remote-server")) return useless(row.name, "remote-server", kJudgedThere);
      return line.has("policy-file") ? ipc::Status{} : with("policy-parameter");
    case OptionMode::OwnKey:
      if (!line.has("remote-token-file")) return {};
      return useless(row.name, "remote-token-file", "leave one of them out: the token is sent instead of a signature");
    case OptionMode::WithProfile:
      return with("profile");
    case OptionMode::WithLogKey:
      return with("log-key");
    case OptionMode::WithRemote:
      return with("remote-server");
    case OptionMode::WithAutoLogin:
      return line.flag("auto-login") ? ipc::Status{} : needs(row.name, "auto-login");
  }
  return {};
}

ipc::Status check_count(const CommandLine& line) {
  const CommandRow& command = *line.scope.command();
  const std::string words(command.words), positional(command.positional);
  if (line.arguments.size() > command.most) {
    if (command.most == ipc::kMaxFiles) return ipc::too_many_files(command, line.arguments.size());
    const std::string extra = line.arguments[command.most];
    return ipc::fail(Fault::kUsage, "unexpected argument " + extra, see_help(line.scope));
  }
  if (line.arguments.size() < command.least) {
    return ipc::fail(Fault::kUsage, words + " needs " + positional, see_help(line.scope));
  }
  return {};
}

}  // namespace

bool CommandLine::flag(std::string_view name) const { return has(name) && given.find(name)->second == "true"; }

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

ipc::Result<CommandLine> parse_command_line(std::span<const std::string_view> arguments) {
  return Parser(arguments).parse();
}

ipc::Status check_command_line(const CommandLine& line) {
  for (std::string_view list = line.scope.command()->required; !list.empty();) {
    if (ipc::Status there = check_required(choice_of(next_item(list)), line); !there) return there;
  }
  for (const OptionRow& row : kOptions) {
    if (!line.scope.has(row) || !asks_for(line, row)) continue;
    if (ipc::Status fits = check_mode(line, row); !fits) return fits;
  }
  return check_count(line);
}

bool speaks_to_a_tool(std::span<const std::string_view> arguments) {
  const auto word =
      std::ranges::find_if(arguments, [](std::string_view argument) { return !argument.starts_with('-'); });
  if (word == arguments.end()) return false;
  const CommandRow* command = find_command(*word);
  return find_group(*word) || (command && command->is_tool());
}

}  // namespace supervisor
