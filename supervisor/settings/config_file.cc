#include "settings/config_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "ipc/files/trusted_path.h"
#include "ipc/text/ascii.h"
#include "ipc/text/aws_config_parser.h"
#include "ipc/text/nearest_word.h"

namespace supervisor {
namespace {

using ipc::Fault;

constexpr std::string_view kFinal = "final";

std::unexpected<ipc::Error> refuse(const std::string& place, std::string_view what, std::string next_step) {
  return ipc::fail(Fault::kConfig, place + ": " + std::string(what), std::move(next_step));
}

bool is_of_a_run(const OptionRow& row) {
  return row.kind != OptionKind::Print && std::ranges::any_of(kCommands, [&](const CommandRow& command) {
           return !command.is_tool() && Scope(command).has(row);
         });
}

std::string nearest_key(std::string_view typed, Settable owner) {
  std::vector<std::string_view> known;
  for (const OptionRow& row : kOptions) {
    if (is_of_a_run(row) && row.where >= owner) known.push_back(row.name);
  }
  std::string name = ipc::lowered(typed);
  std::ranges::replace(name, '_', '-');
  if (name.starts_with("--")) name.erase(0, 2);
  const auto best = ipc::nearest_word(name, known);
  return best ? "did you mean " + std::string(*best) + "?" : "keys are the options of `sentinel exec --help-all`";
}

// One line of a section: its key may have `final` before it.
ipc::Result<Setting> take_line(std::string_view key, const ipc::ConfigValue& value, const std::string& path,
                               Settable owner, bool of_every_profile) {
  Setting setting{{}, value.text, path + ":" + std::to_string(value.line), owner, false};
  if (key.starts_with(kFinal) && key.size() > kFinal.size() && ipc::is_ows(key[kFinal.size()])) {
    if (owner != Settable::Root) {
      return refuse(setting.place, "only " + std::string(kRootConfig) + " can make a word final", "take `final` away");
    }
    setting.is_final = true;
    key = ipc::trimmed(key.substr(kFinal.size()));
  }
  if (ipc::is_secret_key(key)) {
    return refuse(setting.place, "an AWS key has no place in Sentinel's config",
                  "put it away with `sentinel keys add`");
  }
  const OptionRow* row = find_run_option(key);
  if (!row) return refuse(setting.place, "unknown key " + std::string(key), nearest_key(key, owner));
  setting.option = row->name;
  if (row->where < owner) {
    return refuse(setting.place, setting.option + " cannot be set here", where_to_say(*row));
  }
  if (!of_every_profile && setting.option == "profile") {
    return refuse(setting.place, "profile stands in the section of a profile", "write it under [default]");
  }
  if (value.continued || !value.nested.empty()) {
    return refuse(setting.place, "a line below " + setting.option + " is indented, as if it went on",
                  "begin every line at the margin");
  }
  if (ipc::Status sound = check_setting(*row, setting.value, setting.place); !sound)
    return std::unexpected(sound.error());
  return setting;
}

// A section's lines in their order, since the sentence of the first mistake is the one to show.
ipc::Result<SettingsSection> take_section(const ipc::SectionKey& name, const ipc::ConfigSection& section,
                                          const std::string& path, Settable owner) {
  const std::string place = path + ":" + std::to_string(section.line);
  const bool every = name.first == ipc::SectionKind::kEveryProfile;
  if (!every && name.first != ipc::SectionKind::kProfile) {
    return refuse(place, "unknown section [" + name.second + "]", "write [default] or [profile NAME]");
  }
  SettingsSection out;
  if (!every) out.pattern = name.second;
  out.is_glob = out.pattern.find_first_of("*?") != std::string::npos;
  std::vector<std::pair<int, std::string_view>> lines;
  for (const auto& [key, value] : section.values) lines.emplace_back(value.line, key);
  std::ranges::sort(lines);
  for (const auto& [number, key] : lines) {
    auto setting = take_line(key, *section.find(key), path, owner, every);
    if (!setting) return std::unexpected(setting.error());
    for (const Setting& other : out.settings) {
      if (other.option == setting->option)
        return refuse(setting->place, setting->option + " is said twice in this section", "keep one of the two lines");
    }
    out.settings.push_back(std::move(*setting));
  }
  return out;
}

ipc::Result<std::string> read_whole(int fd, const std::string& path) {
  std::string text(kMostConfigBytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(fd, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ipc::system_error("cannot read " + path);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > kMostConfigBytes) return ipc::fail(Fault::kConfig, path + " is longer than 256 KiB", "shorten it");
  text.resize(size);
  return text;
}

}  // namespace

std::string user_config_path(std::string_view home, std::string_view config_home) {
  if (config_home.starts_with('/')) return std::string(config_home) + "/sentinel/config";
  return home.starts_with('/') ? std::string(home) + "/.config/sentinel/config" : "";
}

const OptionRow* find_run_option(std::string_view name) {
  for (const OptionRow& row : kOptions) {
    if (row.name == name && is_of_a_run(row)) return &row;
  }
  return nullptr;
}

std::string where_to_say(const OptionRow& row) {
  const std::string on_the_line = "say it on the command line";
  switch (row.where) {
    case Settable::Line:
      return on_the_line + " alone";
    case Settable::Root:
      return on_the_line + ", or in root's " + kRootConfig;
    case Settable::User:
      return on_the_line + " or in a config file";
    case Settable::Variable:
      return on_the_line + ", in a config file or by " + variable_of(row.name);
  }
  return "";
}

ipc::Status check_setting(const OptionRow& row, std::string_view value, const std::string& place) {
  const std::string name(row.name);
  if (value.empty()) return refuse(place, name + " has no value", "give it one, or take it away");
  if (value.front() == '"' || value.front() == '\'') {
    return refuse(place, "the value of " + name + " stands in quotes", "write it without them");
  }
  if (row.kind == OptionKind::Flag && value != "true" && value != "false") {
    return refuse(place, name + " is neither true nor false", "write true or false");
  }
  if (row.argument == "PATH" && !value.starts_with('/') && !value.starts_with("~/")) {
    return refuse(place, name + " is not an absolute path, and would be another file in each folder",
                  "write it from / or from ~/");
  }
  if (row.kind != OptionKind::Value) return {};
  ipc::Status sound = check_value(row, value);
  if (sound) return sound;
  return refuse(place, sound.error().what, sound.error().next_step);
}

ipc::Result<ConfigFile> parse_config(std::string_view text, const std::string& path, Settable owner) {
  ipc::AwsConfigParser parser(path, ipc::AwsFileKind::kSentinel);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (ipc::Status taken = parser.take_line(text.substr(at, end - at), at); !taken)
      return std::unexpected(taken.error());
    at = end + 1;
  }
  const ipc::ConfigIndex index = parser.take_index();
  std::map<int, const ipc::ConfigIndex::value_type*> in_order;
  for (const auto& section : index) in_order.emplace(section.second.line, &section);
  ConfigFile file{path, true, {}};
  for (const auto& [line, section] : in_order) {
    auto taken = take_section(section->first, section->second, path, owner);
    if (!taken) return std::unexpected(taken.error());
    file.sections.push_back(std::move(*taken));
  }
  return file;
}

ipc::Result<ConfigFile> read_config(const std::string& path, Settable owner, const ipc::Trust& trust) {
  struct stat status {};
  // Where nothing lies, it does not matter who could put something there: that would be refused when it does.
  if (path.empty() || (::lstat(path.c_str(), &status) != 0 && (errno == ENOENT || errno == ENOTDIR)))
    return ConfigFile{path, false, {}};
  auto opened = ipc::open_trusted(path, trust, O_RDONLY);
  if (!opened) return std::unexpected(opened.error());
  const auto text = read_whole(opened->fd.get(), path);
  if (!text) return std::unexpected(text.error());
  return parse_config(*text, path, owner);
}

}  // namespace supervisor
