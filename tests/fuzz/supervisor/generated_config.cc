// Any bytes as the caller's AWS config: what the command sees may name no source of credentials but ours.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "child/aws_config.h"

namespace {

constexpr std::string_view kForbidden[] = {
    "aws_access_key_id", "aws_secret_access_key",   "aws_session_token", "role_arn",      "source_profile",
    "credential_source", "web_identity_token_file", "sso_session",       "sso_start_url", "credential_process"};

void check_line(std::string_view line, std::string_view process) {
  for (const char c : line) {
    if (static_cast<unsigned char>(c) < 0x20 && c != '\t') std::abort();
  }
  if (line.starts_with('[') && line != "[default]" && line != "[profile prod]") std::abort();
  if (line == "credential_process = " + std::string(process)) return;
  for (const std::string_view key : kForbidden) {
    if (line.starts_with(key)) std::abort();  // an indented line below s3 is a value of s3, whatever it says
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = supervisor::generated_config({text, "prod", "eu-central-1", "/opt/process"});
  if (!config) std::abort();
  std::string_view rest = *config;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) std::abort();
    check_line(rest.substr(0, end), "/opt/process");
    rest.remove_prefix(end + 1);
  }
  return 0;
}
