#include "child/aws_config.h"

#include <algorithm>
#include <map>

#include "ipc/client/served_profiles.h"
#include "ipc/command_settings.h"
#include "ipc/text/aws_config_parser.h"

namespace supervisor {
namespace {

constexpr std::string_view kServices = "sentinel";  // what a profile's [services NAME] section is called here

bool plain(std::string_view text, std::string_view more) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           more.find(c) != std::string_view::npos;
  });
}

// SDKs give the line to sh -c or to shlex; single quotes mean the same to both.
ipc::Result<std::string> quoted(std::string_view path) {
  if (plain(path, "/._-+@,")) return std::string(path);
  if (path.find_first_of("'\\#;\n\r") != std::string_view::npos) {
    return ipc::fail(ipc::Fault::kConfig,
                     "the path of sentinel-credential-process cannot be quoted: " + std::string(path),
                     "install Sentinel in a folder with a plain name");
  }
  return "'" + std::string(path) + "'";
}

std::string line_of(const ipc::CommandSetting& setting) {
  return setting.name.str() + " = " + setting.value.str() + "\n";
}

// The settings of one kind that stand below a line with a key alone.
std::string blocks(std::span<const ipc::CommandSetting> settings, ipc::SettingPlace place) {
  std::map<std::string, std::string> lines;
  for (const ipc::CommandSetting& setting : settings) {
    if (setting.place == place) lines[setting.block.str()] += "  " + line_of(setting);
  }
  std::string text;
  for (const auto& [key, nested] : lines) text += key + " =\n" + nested;
  return text;
}

// [profile NAME], where the reader of these files takes the name back out of it; else nothing.
std::string profile_header(std::string_view profile) {
  const std::string header = "[profile " + ipc::name_in_header(profile) + "]";
  ipc::AwsConfigParser parser("", ipc::AwsFileKind::kConfig);
  if (header.find('\n') != std::string::npos || !parser.take_line(header, 0)) return {};
  return parser.take_index().contains({ipc::SectionKind::kProfile, std::string(profile)}) ? header + "\n" : "";
}

// What stands below a profile's header. `named`: the credential_process says for which profile it asks.
std::string body_of(const CommandProfile& profile, const std::string& process, bool named,
                    const std::string& services) {
  std::string body;
  if (!process.empty()) {
    body += "credential_process = " + process + (named ? " " + ipc::profile_in_path(profile.name) : "") + "\n";
  }
  if (plain(profile.region, "-")) body += "region = " + profile.region + "\n";
  for (const ipc::CommandSetting& setting : profile.settings) {
    if (setting.place == ipc::SettingPlace::Profile) body += line_of(setting);
  }
  if (!services.empty()) body += "services = " + services + "\n";
  return body + blocks(profile.settings, ipc::SettingPlace::Nested);
}

// "sentinel" of the first, "sentinel-2" of the next.
std::string services_name(std::size_t index) {
  return std::string(kServices) + (index == 0 ? "" : "-" + std::to_string(index + 1));
}

}  // namespace

ipc::Result<std::string> generated_config(const AwsConfigFacts& facts) {
  const auto process = facts.process_path.empty() ? ipc::Result<std::string>() : quoted(facts.process_path);
  if (!process) return std::unexpected(process.error());
  std::string sections, of_services;
  for (std::size_t i = 0; i < facts.profiles.size(); ++i) {
    const CommandProfile& profile = facts.profiles[i];
    const std::string services = blocks(profile.settings, ipc::SettingPlace::Service);
    const std::string name = services.empty() ? "" : services_name(i);
    if (!services.empty()) of_services += "\n[services " + name + "]\n" + services;
    if (i == 0) sections += "[default]\n" + body_of(profile, *process, false, name);
    // The first one's name, too, may stand on the command's own command line.
    const std::string header = profile_header(profile.name);
    if (i > 0 && header.empty()) {
      return ipc::fail(ipc::Fault::kConfig, "the profile '" + profile.name + "' has a name that no AWS config can hold",
                       "leave it out, or serve it in a run of its own");
    }
    if (profile.name != "default" && !header.empty())
      sections += "\n" + header + body_of(profile, *process, true, name);
  }
  return "# made by sentinel for one run; removed when it ends\n" + sections + of_services;
}

}  // namespace supervisor
