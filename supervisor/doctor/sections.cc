#include "doctor/sections.h"

#include "ipc/secret.h"

namespace supervisor {
namespace {

constexpr std::string_view kBlanks = " \t";

// Whether the program that a credential_process line runs is called sentinel or sentinel-credential-process.
bool is_sentinel(std::string_view program) {
  if (!program.empty() && (program.front() == '"' || program.front() == '\'')) {
    const char quote = program.front();
    program.remove_prefix(1);
    program = program.substr(0, program.find(quote));
  } else {
    program = program.substr(0, program.find_first_of(kBlanks));
  }
  program = program.substr(program.rfind('/') + 1);
  return program == "sentinel" || program == "sentinel-credential-process";
}

bool holds_secret(const ipc::ConfigSection& section, std::string_view key) {
  const ipc::ConfigValue* const value = section.find(key);
  return value && value->secret_length > 0;
}

// A section that is no profile's is shown in brackets.
std::string shown_name(const ipc::SectionKey& key) {
  switch (key.first) {
    case ipc::SectionKind::kProfile:
      return key.second;
    case ipc::SectionKind::kServices:
      return "[services " + key.second + "]";
    case ipc::SectionKind::kSsoSession:
      return "[sso-session " + key.second + "]";
    case ipc::SectionKind::kEveryProfile:  // of no AWS file
    case ipc::SectionKind::kOther:
      break;
  }
  return "[" + key.second + "]";
}

AwsSection section_of(const ipc::SectionKey& key, const ipc::ConfigSection& section) {
  AwsSection out;
  out.name = shown_name(key);
  out.secret_key = holds_secret(section, "aws_secret_access_key");
  out.session_token = holds_secret(section, "aws_session_token") || holds_secret(section, "aws_security_token");
  const ipc::ConfigValue* const process = section.find("credential_process");
  out.process = process && !process->text.empty();
  out.own_process = out.process && is_sentinel(process->text);
  return out;
}

// A value under a misspelt name may be a key, and a program's command line may hold one.
void wipe_values(ipc::ConfigIndex& index) {
  const auto wipe = [](std::string& text) { ipc::wipe(text.data(), text.size()); };
  for (auto& [header, section] : index) {
    for (auto& [key, value] : section.values) {
      wipe(value.text);
      for (auto& [name, nested] : value.nested) wipe(nested.text);
    }
  }
}

}  // namespace

AwsSections sections_of(std::string_view text, ipc::AwsFileKind kind, const std::string& path) {
  AwsSections out;
  ipc::AwsConfigParser parser(path, kind);
  for (std::uint64_t at = 0; at < text.size();) {
    const std::string_view line = text.substr(at, text.find('\n', at) - at);
    const ipc::Status taken = parser.take_line(line, at);
    if (!taken && !out.not_read) out.not_read = taken.error().what;
    at += line.size() + 1;
  }
  ipc::ConfigIndex index = parser.take_index();
  for (const auto& [key, section] : index) out.sections.push_back(section_of(key, section));
  wipe_values(index);
  return out;
}

}  // namespace supervisor
