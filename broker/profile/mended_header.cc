// The part of ProfileFiles that looks for sections whose headers the AWS tools pass over.
#include "profile/files.h"
#include "text/ascii.h"

namespace broker {
namespace {

// A header as its writer may have meant it: without quotes and backslashes, its first word in small letters and joined
// by hyphens, one blank between words.
std::string loosely(std::string_view header) {
  std::string out;
  for (const char c : header) {
    const bool between = std::string_view(" \t:=").contains(c), first_word = out.find(' ') == std::string::npos;
    if (std::string_view("'\"\\").contains(c)) continue;
    if (between && (out.empty() || out.back() == ' ')) continue;
    out += between ? ' ' : first_word ? (c == '_' ? '-' : lower(c)) : c;
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

}  // namespace

// A section that its writer took for one: quotes are missing, a quote is left open, the first word is written
// otherwise, or a profile's word is missing; in the credentials file it is one too many.
std::string ProfileFiles::mended_header(std::string_view word, const std::string& name) const {
  const std::string prefix = std::string(word) + " ";
  const auto instead = [](const std::string& right, const std::string& header, const AwsConfigFile& file) {
    return "write [" + right + "] instead of [" + header + "] in " + file.path();
  };
  for (const std::string& header : config_.names(SectionKind::kOther)) {
    const bool bare = word == "profile" && header == name;
    if (bare || loosely(header) == loosely(prefix + name)) {
      return instead(prefix + ipc::name_in_header(name), header, config_);
    }
  }
  if (word != "profile") {
    if (!credentials_.find(SectionKind::kProfile, prefix + name)) return {};
    return "move the section [" + prefix + name + "] from " + credentials_.path() + " into " + config_.path();
  }
  for (const std::string& header : credentials_.names(SectionKind::kProfile)) {
    if (header.find(' ') != std::string::npos && loosely(header) == loosely(prefix + name)) {
      return instead(name, header, credentials_);
    }
  }
  return {};
}

}  // namespace broker
