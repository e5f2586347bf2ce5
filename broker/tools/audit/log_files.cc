#include "tools/audit/log_files.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <utility>

#include "ipc/files/state_folder.h"
#include "text/plain_text.h"
#include "tools/settings/settings.h"

namespace broker {
namespace {

constexpr std::string_view kNext = "name the log, or set XDG_STATE_HOME as it was for the runs";
constexpr std::size_t kStampBytes = std::string_view("20261121T101500Z").size();

// "20261121T101500Z" and "20261121T101500Z-12", which sorts behind "-2": the stamp, and the number.
using Age = std::pair<std::string, unsigned>;

bool read_age(std::string_view suffix, Age& age) {
  if (suffix.size() < kStampBytes || suffix[8] != 'T' || suffix[kStampBytes - 1] != 'Z') return false;
  age = {std::string(suffix.substr(0, kStampBytes)), 0};
  suffix.remove_prefix(kStampBytes);
  if (suffix.empty()) return true;
  const auto [end, error] = std::from_chars(suffix.data() + 1, suffix.data() + suffix.size(), age.second);
  return suffix[0] == '-' && error == std::errc{} && end == suffix.data() + suffix.size();
}

// The files that `log` was rotated into, oldest first.
std::vector<std::string> rotated_from(const std::filesystem::path& folder, std::string_view log) {
  const std::string prefix = std::string(log) + ".";
  std::vector<std::pair<Age, std::string>> found;
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(folder.c_str()), ::closedir);
  while (const dirent* const entry = listing ? ::readdir(listing.get()) : nullptr) {
    const std::string_view name = entry->d_name;
    Age age;
    if (name.starts_with(prefix) && read_age(name.substr(prefix.size()), age)) found.emplace_back(age, name);
  }
  std::ranges::sort(found);
  std::vector<std::string> files;
  for (const auto& [age, name] : found) files.push_back((folder / name).string());
  return files;
}

// The log that runs write where nothing says another.
ipc::Result<std::string> default_log() {
  const char* const state_home = std::getenv("XDG_STATE_HOME");
  const std::string folder = ipc::state_folder(home_folder(), state_home ? state_home : "");
  if (!folder.empty()) return folder + "/" + std::string(ipc::kDecisionLogName);
  return ipc::fail(ipc::Fault::kConfig, "no log is named, and without a home folder there is none by default",
                   std::string(kNext));
}

std::string why_missing(const std::string& log, bool said) {
  if (said) return "there is no log " + harmless(log) + ", which --log-file or a config file names";
  return "no log is named, and there is no " + log + ", which runs write by default";
}

}  // namespace

ipc::Result<std::vector<std::string>> log_files(const ToolArguments& arguments, ToolOutput& out) {
  if (!arguments.files().empty()) return arguments.files();
  const std::string said(arguments.value("log-file"));
  const ipc::Result<std::string> log = said.empty() ? default_log() : ipc::Result<std::string>(said);
  if (!log) return std::unexpected(log.error());
  if (::access(log->c_str(), F_OK) != 0)
    return ipc::fail(ipc::Fault::kConfig, why_missing(*log, !said.empty()), std::string(kNext));
  const std::filesystem::path path(*log);
  std::vector<std::string> files =
      rotated_from(path.has_parent_path() ? path.parent_path() : ".", path.filename().string());
  out.note("reading " + harmless(*log) +
           (files.empty() ? "" : " and " + std::to_string(files.size()) + " that it was rotated into"));
  files.push_back(*log);
  return files;
}

}  // namespace broker
