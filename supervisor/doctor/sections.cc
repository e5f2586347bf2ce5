#include "doctor/sections.h"

#include <algorithm>

namespace supervisor {
namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

bool equal_in_small_letters(std::string_view typed, std::string_view small) {
  return std::ranges::equal(typed, small, [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

// "x" of "profile x" and of "profile 'x'".
std::string profile_name(std::string_view header) {
  constexpr std::string_view kWord = "profile";
  std::string_view name = trimmed(header);
  if (name.starts_with(kWord) && name.size() > kWord.size() && kBlanks.contains(name[kWord.size()])) {
    name = trimmed(name.substr(kWord.size()));
  }
  const bool quoted = name.size() > 1 && (name.front() == '"' || name.front() == '\'') && name.back() == name.front();
  return std::string(quoted ? name.substr(1, name.size() - 2) : name);
}

// Whether the program that a credential_process line runs is called sentinel or sentinel-credential-process.
bool is_sentinel(std::string_view value) {
  std::string_view program = trimmed(value);
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

void note_key(AwsSection& section, std::string_view key, std::string_view value) {
  if (trimmed(value).empty()) return;
  if (equal_in_small_letters(key, "aws_secret_access_key")) section.secret_key = true;
  if (equal_in_small_letters(key, "aws_session_token") || equal_in_small_letters(key, "aws_security_token")) {
    section.session_token = true;
  }
  if (equal_in_small_letters(key, "credential_process")) {
    section.process = true;
    section.own_process = is_sentinel(value);
  }
}

AwsSection& section_called(std::vector<AwsSection>& sections, std::string name) {
  const auto there = std::ranges::find(sections, name, &AwsSection::name);
  if (there != sections.end()) return *there;
  sections.emplace_back().name = std::move(name);
  return sections.back();
}

}  // namespace

std::vector<AwsSection> sections_of(std::string_view text) {
  std::vector<AwsSection> sections;
  AwsSection* current = nullptr;
  bool key_before = false;  // an indented line behind a key goes on with that key's value, or is nested in it
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end), content = trimmed(line);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (content.empty() || content.front() == '#' || content.front() == ';') continue;
    if (content.front() == '[' && line.front() == '[') {
      current = &section_called(sections, profile_name(content.substr(1, content.find(']') - 1)));
      key_before = false;
      continue;
    }
    if (!current || (key_before && kBlanks.contains(line.front()))) continue;
    const std::size_t divider = content.find_first_of("=:");
    if (divider == std::string_view::npos) continue;
    key_before = true;
    note_key(*current, trimmed(content.substr(0, divider)), content.substr(divider + 1));
  }
  return sections;
}

}  // namespace supervisor
