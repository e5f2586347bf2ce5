// What is said of settings: --show-settings and --verbose.
#include <algorithm>

#include "settings/apply.h"
#include "terminal/plain_text.h"

namespace supervisor {
namespace {

std::string padded(std::string text, std::size_t width) {
  return text + std::string(text.size() < width ? width - text.size() : 1, ' ');
}

// A one-time code is not shown again.
std::string shown_value(const CommandLine& line, const OptionRow& row) {
  if (row.name == "mfa-token") return "(not shown)";
  if (line.has(row.name) && row.kind == OptionKind::Flag) return line.flag(row.name) ? "true" : "false";
  if (!may_be_given_again(row)) return harmless(line.value(row.name));
  std::string all;
  for (const std::string& value : line.values(row.name)) all += (all.empty() ? "" : ", ") + value;
  return harmless(all);
}

std::string place_of(const CommandLine& line, std::string_view option) {
  if (const auto at = line.places.find(option); at != line.places.end()) return harmless(at->second);
  return line.has(option) ? "the command line" : "default";
}

std::string file_line(const ConfigFile& file) {
  if (file.path.empty()) return "";
  return padded(harmless(file.path), 34) + (file.is_there ? "in force" : "not there") + "\n";
}

}  // namespace

std::string shown_settings(const AppliedSettings& applied, const SettingSources& sources) {
  std::string out = file_line(sources.root) + file_line(sources.user) + "\n";
  for (const OptionRow& row : kOptions) {
    if (!applied.line.scope.has(row) || row.kind == OptionKind::Print) continue;
    const std::string value = shown_value(applied.line, row);
    const bool of_this_mode = check_mode(applied.line, row).has_value();
    if (!applied.line.has(row.name) && (row.initial.empty() || !of_this_mode)) continue;
    out += padded(padded(std::string(row.name), 22) + value, 58) + place_of(applied.line, row.name) + "\n";
  }
  for (const LeftAside& one : applied.left_aside) {
    out += harmless("left aside: " + one.setting.option + " = " + one.setting.value + " (" + one.setting.place +
                    "): " + one.why) +
           "\n";
  }
  return out;
}

std::vector<std::string> told_settings(const AppliedSettings& applied) {
  std::vector<std::string> out;
  for (const auto& [option, place] : applied.line.places)
    out.push_back(option + " = " + applied.line.value(option) + " (" + place + ")");
  for (const LeftAside& one : applied.left_aside) {
    out.push_back(one.setting.option + " = " + one.setting.value + " (" + one.setting.place +
                  ") is left aside: " + one.why);
  }
  return out;
}

}  // namespace supervisor
