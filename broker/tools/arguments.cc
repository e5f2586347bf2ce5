#include "tools/arguments.h"

#include <algorithm>

#include "ipc/nearest_word.h"
#include "text/ascii.h"
#include "text/plain_text.h"

namespace broker {
namespace {

// Every tool can be asked for these.
constexpr std::string_view kEverywhere = "json color";

}  // namespace

std::unexpected<ipc::Error> ToolArguments::misuse(std::string what) const {
  return ipc::fail(ipc::Fault::kUsage, tool_ + " " + std::string(row_->word) + ": " + std::move(what),
                   "usage: " + tool_ + " " + std::string(row_->word) + " " + std::string(row_->usage));
}

std::string_view ToolArguments::value(std::string_view option) const {
  const auto found = options_.find(option);
  return found == options_.end() ? std::string_view{} : std::string_view(found->second);
}

ipc::Status ToolArguments::take(std::string_view argument) {
  const std::size_t equals = argument.find('=');
  const std::string_view name = argument.substr(2, equals == std::string_view::npos ? equals : equals - 2);
  std::vector<std::string_view> known = split_words(row_->options, ' ');
  for (const std::string_view each : split_words(kEverywhere, ' ')) known.push_back(each);
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

ipc::Result<ToolArguments> ToolArguments::parse(std::string_view tool, std::span<const ToolWord> words,
                                                std::span<char* const> argv) {
  std::vector<std::string_view> known;
  for (const ToolWord& each : words) known.push_back(each.word);
  const std::string_view first = argv.size() > 1 ? argv[1] : "";
  const auto row = std::ranges::find(words, first, &ToolWord::word);
  if (row == words.end()) {
    const std::string what = first.empty() ? " needs a word" : ": unknown word " + in_quotes(first);
    return ipc::fail(ipc::Fault::kUsage, std::string(tool) + what + ipc::suggestion(first, known),
                     "see " + std::string(tool) + " --help");
  }
  ToolArguments out;
  out.tool_ = tool;
  out.row_ = &*row;
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
  if (out.files_.size() < row->least_files) return out.misuse("the name of a file is missing");
  if (out.files_.size() > row->most_files) {
    return out.misuse("unexpected argument " + in_quotes(out.files_[row->most_files]));
  }
  return out;
}

}  // namespace broker
