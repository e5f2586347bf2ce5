#include "ipc/client/served_profiles.h"

#include <algorithm>
#include <utility>

namespace ipc {
namespace {

constexpr std::string_view kDigits = "0123456789ABCDEF";

constexpr bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

bool is_profile_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxProfileName && std::ranges::none_of(name, is_control);
}

std::string profile_in_path(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (stands_for_itself_in_path(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

bool read_profile_in_path(std::string_view text, std::string& name) {
  if (text.empty() || text.size() > kMaxProfileInPath) return false;
  std::string read;
  while (!text.empty()) {
    char c = text.front();
    std::size_t taken = 1;
    if (c == '%') {
      if (text.size() < 3) return false;
      const std::size_t high = kDigits.find(text[1]), low = kDigits.find(text[2]);
      if (high == std::string_view::npos || low == std::string_view::npos) return false;
      c = static_cast<char>(high * 16 + low);
      if (stands_for_itself_in_path(c)) return false;  // a second spelling of the same name
      taken = 3;
    } else if (!stands_for_itself_in_path(c)) {
      return false;
    }
    read += c;
    text.remove_prefix(taken);
  }
  if (!is_profile_name(read)) return false;
  name = std::move(read);
  return true;
}

}  // namespace ipc
