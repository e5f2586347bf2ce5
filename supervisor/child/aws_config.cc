#include "child/aws_config.h"

#include <algorithm>
#include <vector>

namespace supervisor {
namespace {

// Settings that say nothing of where keys come from. Anything else is left out, known or not.
constexpr std::string_view kHarmless[] = {
    "output",
    "s3",
    "s3api",
    "retry_mode",
    "max_attempts",
    "endpoint_url",
    "ca_bundle",
    "cli_pager",
    "cli_timestamp_format",
    "cli_binary_format",
    "cli_auto_prompt",
    "cli_follow_urlparam",
    "cli_history",
    "cli_error_format",
    "defaults_mode",
    "use_fips_endpoint",
    "use_dualstack_endpoint",
    "sts_regional_endpoints",
    "ignore_configured_endpoint_urls",
    "parameter_validation",
    "tcp_keepalive",
    "request_checksum_calculation",
    "response_checksum_validation",
    "request_min_compression_size_bytes",
    "disable_request_compression",
    "account_id_endpoint_mode",
};

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

// [default] or [profile name], quotes allowed around the name; "" for any other line.
std::string_view section_profile(std::string_view line) {
  line = trim(line);
  if (!line.starts_with('[')) return {};
  line = trim(line.substr(1, line.find(']') == std::string_view::npos ? 0 : line.find(']') - 1));
  if (line == "default") return line;
  if (!line.starts_with("profile") || line.size() < 9 || (line[7] != ' ' && line[7] != '\t')) return {};
  line = trim(line.substr(8));
  if (line.size() >= 2 && (line.front() == '"' || line.front() == '\'') && line.back() == line.front()) {
    line = line.substr(1, line.size() - 2);
  }
  return line;
}

bool printable(std::string_view line) {
  return std::all_of(line.begin(), line.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= 0x20 || c == '\t'; });
}

// Keys with indented lines below them. Below any other key such lines are left out: SDKs read them differently.
bool has_nested_lines(std::string_view key) { return key == "s3" || key == "s3api"; }

// The harmless lines of the profile's section.
std::string harmless_lines(std::string_view config, std::string_view profile) {
  std::string kept;
  bool in_profile = false, keep_nested = false;
  while (!config.empty()) {
    const std::size_t end = config.find('\n');
    std::string_view line = config.substr(0, end);
    config = end == std::string_view::npos ? std::string_view{} : config.substr(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::string_view text = trim(line);
    if (text.empty() || text[0] == '#' || text[0] == ';') continue;
    if (line[0] == '[') {
      in_profile = section_profile(line) == profile;
      keep_nested = false;
      continue;
    }
    if (line[0] != ' ' && line[0] != '\t') {
      const std::string_view key = trim(text.substr(0, text.find('=')));
      const bool harmless = std::find(std::begin(kHarmless), std::end(kHarmless), key) != std::end(kHarmless);
      keep_nested = harmless && has_nested_lines(key);
      if (in_profile && harmless && printable(line)) kept += std::string(line) + "\n";
    } else if (in_profile && keep_nested && printable(line)) {
      kept += std::string(line) + "\n";
    }
  }
  return kept;
}

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

}  // namespace

ipc::Result<std::string> generated_config(const AwsConfigFacts& facts) {
  std::string body;
  if (!facts.process_path.empty()) {
    const auto process = quoted(facts.process_path);
    if (!process) return std::unexpected(process.error());
    body += "credential_process = " + *process + "\n";
  }
  if (!facts.region.empty() && plain(facts.region, "-")) body += "region = " + std::string(facts.region) + "\n";
  body += harmless_lines(facts.caller_config, facts.profile);
  std::string config = "# made by sentinel for one run; removed when it ends\n[default]\n" + body;
  // A profile that is named on the command's own command line works, too, where its name can stand in a header.
  if (facts.profile != "default" && plain(facts.profile, "_-./@+:=,")) {
    config += "\n[profile " + std::string(facts.profile) + "]\n" + body;
  }
  return config;
}

}  // namespace supervisor
