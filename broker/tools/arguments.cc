#include "tools/arguments.h"

#include <algorithm>

#include "ipc/text/nearest_word.h"
#include "text/plain_text.h"

namespace broker {
namespace {

// "sentinel policy", or "sentinel profiles" of a tool of one command.
std::string name_of(ipc::Program tool) {
  const auto* const row = std::ranges::find(ipc::kCommands, tool, &ipc::CommandRow::program);
  return "sentinel " + std::string(row->group().empty() ? row->words : row->group());
}

// Help is printed by sentinel itself.
bool knows(const ipc::CommandRow& command, const ipc::OptionRow& option) {
  return option.kind != ipc::OptionKind::Print && ipc::Scope(command).has(option);
}

std::vector<std::string_view> options_of(const ipc::CommandRow& command) {
  std::vector<std::string_view> names;
  for (const ipc::OptionRow& each : ipc::kOptions) {
    if (knows(command, each)) names.push_back(each.name);
  }
  return names;
}

}  // namespace

std::unexpected<ipc::Error> ToolArguments::misuse(std::string what) const {
  return ipc::fail(ipc::Fault::kUsage, "sentinel " + std::string(words()) + ": " + std::move(what),
                   "usage: sentinel " + ipc::usage_of(*row_));
}

std::string_view ToolArguments::value(std::string_view option) const {
  const auto found = options_.find(option);
  return found == options_.end() ? std::string_view{} : std::string_view(found->second);
}

ipc::Status ToolArguments::take(std::string_view argument) {
  const std::size_t equals = argument.find('=');
  const std::string_view name = argument.substr(2, equals == std::string_view::npos ? equals : equals - 2);
  const std::vector<std::string_view> known = options_of(*row_);
  if (std::ranges::find(known, name) == known.end()) {
    return misuse("unknown option " + in_quotes("--" + std::string(name)) + ipc::suggestion(name, known));
  }
  if (equals == std::string_view::npos || equals + 1 == argument.size()) {
    return misuse("--" + std::string(name) + " needs a value");
  }
  const bool is_new = options_.emplace(name, argument.substr(equals + 1)).second;
  if (!is_new) return misuse("--" + std::string(name) + " is given twice");
  return {};
}

ipc::Status ToolArguments::check_count() const {
  if (files_.size() < row_->least) return misuse("the name of a file is missing");
  if (files_.size() <= row_->most) return {};
  if (row_->most == ipc::kMaxFiles) return ipc::too_many_files(*row_, files_.size());
  return misuse("unexpected argument " + in_quotes(files_[row_->most]));
}

ipc::Result<ToolArguments> ToolArguments::parse(ipc::Program tool, std::span<char* const> argv) {
  const std::string_view first = argv.size() > 1 ? argv[1] : "";
  ToolArguments out;
  std::vector<std::string_view> known;
  for (const ipc::CommandRow& each : ipc::kCommands) {
    if (each.program != tool) continue;
    known.push_back(each.last_word());
    if (each.last_word() == first) out.row_ = &each;
  }
  if (!out.row_) {
    const std::string what = first.empty() ? " needs a word" : ": unknown word " + in_quotes(first);
    return ipc::fail(ipc::Fault::kUsage, name_of(tool) + what + ipc::suggestion(first, known),
                     "see " + name_of(tool) + " --help");
  }
  if (argv.size() > kMaxArguments) return out.misuse("there are more than 1024 arguments");
  bool only_files = false;
  for (const std::string_view argument : argv.subspan(2)) {
    if (!only_files && argument == "--") {
      only_files = true;
    } else if (!only_files && argument.starts_with("--")) {
      if (const ipc::Status taken = out.take(argument); !taken) return std::unexpected(taken.error());
    } else {
      if (argument.empty()) return out.misuse("the name of a file is empty");
      out.files_.emplace_back(argument);
    }
  }
  if (const ipc::Status fits = out.check_count(); !fits) return std::unexpected(fits.error());
  return out;
}

}  // namespace broker
