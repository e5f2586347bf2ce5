#include "child/aws_config.h"

#include <algorithm>
#include <map>

#include "ipc/text/aws_config_parser.h"
#include "ipc/command_settings.h"

namespace supervisor {
namespace {

constexpr std::string_view kServices = "sentinel";  // what the profile's [services NAME] section is called here

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

}  // namespace

ipc::Result<std::string> generated_config(const AwsConfigFacts& facts) {
  std::string body;
  if (!facts.process_path.empty()) {
    const auto process = quoted(facts.process_path);
    if (!process) return std::unexpected(process.error());
    body += "credential_process = " + *process + "\n";
  }
  if (!facts.region.empty() && plain(facts.region, "-")) body += "region = " + std::string(facts.region) + "\n";
  for (const ipc::CommandSetting& setting : facts.settings) {
    if (setting.place == ipc::SettingPlace::Profile) body += line_of(setting);
  }
  const std::string services = blocks(facts.settings, ipc::SettingPlace::Service);
  if (!services.empty()) body += "services = " + std::string(kServices) + "\n";
  body += blocks(facts.settings, ipc::SettingPlace::Nested);
  std::string config = "# made by sentinel for one run; removed when it ends\n[default]\n" + body;
  // A profile that is named on the command's own command line works, too.
  const std::string header = profile_header(facts.profile);
  if (facts.profile != "default" && !header.empty()) config += "\n" + header + body;
  if (!services.empty()) config += "\n[services " + std::string(kServices) + "]\n" + services;
  return config;
}

}  // namespace supervisor
