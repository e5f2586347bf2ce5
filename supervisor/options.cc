#include "options.h"

#include <algorithm>
#include <optional>

namespace supervisor {
namespace {

using ipc::Fault;

// Levenshtein distance: how many letters were mistyped.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replace});
    }
  }
  return row[b.size()];
}

std::string nearest(std::string_view typed, bool top) {
  if (typed.starts_with("no-")) typed.remove_prefix(3);
  std::string_view best;
  std::size_t best_distance = 4;  // further away it is a guess, not a hint
  for (const OptionRow& row : kOptions) {
    if (is_top(row) != top) continue;
    const std::size_t d = distance(typed, row.name);
    if (d < best_distance) {
      best = row.name;
      best_distance = d;
    }
  }
  const std::string see = std::string("see `sentinel ") + (top ? "" : "exec ") + "--help`";
  return best.empty() ? see : "did you mean --" + std::string(best) + "?";
}

const OptionRow* find(std::string_view name, bool top) {
  for (const OptionRow& row : kOptions) {
    if (is_top(row) == top && row.name == name) return &row;
  }
  return nullptr;
}

const OptionRow* find_short(char letter, bool top) {
  for (const OptionRow& row : kOptions) {
    if (is_top(row) == top && row.short_name == letter && letter != 0) return &row;
  }
  return nullptr;
}

// Walks the words. One object per command line.
class Parser {
 public:
  explicit Parser(std::span<const std::string_view> words) : words_(words) {}

  ipc::Result<CommandLine> parse() {
    while (next_ < words_.size()) {
      const std::string_view word = words_[next_++];
      if (word == "--") {
        if (!line_.exec) return ipc::fail(Fault::kUsage, "-- before the word exec", "see `sentinel --help`");
        take_command(next_);
        break;
      }
      if (word.size() > 1 && word[0] == '-') {
        if (ipc::Status taken = word[1] == '-' ? take_long(word.substr(2)) : take_short(word); !taken) {
          return std::unexpected(taken.error());
        }
        continue;
      }
      if (line_.exec) {
        take_command(next_ - 1);  // as with env(1): the first plain word begins the command
        break;
      }
      if (word != "exec") {
        return ipc::fail(Fault::kUsage, "unknown command " + std::string(word),
                         "the command is exec; see `sentinel --help`");
      }
      line_.exec = true;
    }
    return std::move(line_);
  }

 private:
  void take_command(std::size_t from) {
    for (std::size_t i = from; i < words_.size(); ++i) line_.command.emplace_back(words_[i]);
  }

  ipc::Status take_short(std::string_view word) {
    const OptionRow* row = word.size() == 2 ? find_short(word[1], !line_.exec) : nullptr;
    if (!row)
      return ipc::fail(Fault::kUsage, "unknown option " + std::string(word), nearest(word.substr(1), !line_.exec));
    return take(*row, std::nullopt, true);
  }

  ipc::Status take_long(std::string_view text) {
    const std::size_t equals = text.find('=');
    const std::string_view name = text.substr(0, equals);
    std::optional<std::string_view> value;
    if (equals != std::string_view::npos) value = text.substr(equals + 1);
    if (const OptionRow* row = find(name, !line_.exec)) return take(*row, value, true);
    if (name.starts_with("no-")) {
      const OptionRow* row = find(name.substr(3), !line_.exec);
      if (row && row->kind == OptionKind::Flag) return take(*row, value, false);
    }
    if (find(name, line_.exec)) {
      return ipc::fail(Fault::kUsage, "--" + std::string(name) + " stands on the wrong side of the word exec",
                       line_.exec ? "write it before exec" : "write it after exec");
    }
    return ipc::fail(Fault::kUsage, "unknown option --" + std::string(name), nearest(name, !line_.exec));
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
                         "write --" + name + " " + std::string(row.argument));
      }
      value = words_[next_++];
    }
    if (value->empty())
      return ipc::fail(Fault::kUsage, "--" + name + " has an empty value", "give a value or leave the option out");
    return set(name, std::string(*value));
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

bool CommandLine::flag(std::string_view name) const { return has(name) && given.find(name)->second == "true"; }

std::string CommandLine::value(std::string_view name) const {
  if (const auto at = given.find(name); at != given.end()) return at->second;
  for (const OptionRow& row : kOptions) {
    if (row.name == name && !is_top(row)) return std::string(row.initial);
  }
  return {};
}

ipc::Result<CommandLine> parse_command_line(std::span<const std::string_view> arguments) {
  return Parser(arguments).parse();
}

}  // namespace supervisor
