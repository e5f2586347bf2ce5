#include "redirect/request.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "ipc/secret.h"

namespace supervisor {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n", kLineEnd = "\r\n";
constexpr std::size_t kMaxError = 64;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, lower, lower); }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// False where it is none that a header or a body could hold as it is.
bool take_code(std::string_view text, ipc::Secret<ipc::kMaxLoginCode>& code) {
  std::array<char, ipc::kMaxLoginCode> decoded{};
  std::size_t size = 0;
  bool sound = !text.empty();
  for (std::size_t i = 0; sound && i < text.size(); ++i) {
    int c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? digit_of(text[i + 1]) : -1, low = high < 0 ? -1 : digit_of(text[i + 2]);
      c = low < 0 ? -1 : high * 16 + low;
      i += 2;
    } else if (c == '+') {
      c = ' ';
    }
    sound = c > ' ' && c <= '~' && size < decoded.size();
    if (sound) decoded[size++] = static_cast<char>(c);
  }
  sound = sound && code.assign({decoded.data(), size});
  ipc::wipe(decoded.data(), decoded.size());
  return sound;
}

bool is_error(std::string_view text) {
  return !text.empty() && text.size() <= kMaxError &&
         std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

// In a time that depends on the lengths alone.
bool same_secret(std::string_view a, std::string_view b) {
  if (a.size() != b.size() || a.empty()) return false;
  unsigned char differs = 0;
  for (std::size_t i = 0; i < a.size(); ++i) differs |= static_cast<unsigned char>(a[i] ^ b[i]);
  return differs == 0;
}

// What a page of another site's sends here under a name of its own has another Host.
bool has_our_host(std::string_view lines, std::uint16_t port) {
  const std::string wanted = "127.0.0.1:" + std::to_string(port);
  int seen = 0;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find(kLineEnd));
    lines.remove_prefix(std::min(lines.size(), line.size() + kLineEnd.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !same_name(line.substr(0, colon), "host")) continue;
    if (++seen > 1 || trimmed(line.substr(colon + 1)) != wanted) return false;
  }
  return seen == 1;
}

struct Members {
  std::string_view code, state, error;
};

std::optional<Members> members_of(std::string_view query) {
  Members members;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::size_t sign = pair.find('=');
    const std::string_view name = pair.substr(0, sign);
    std::string_view* const to = name == "code"    ? &members.code
                                 : name == "state" ? &members.state
                                 : name == "error" ? &members.error
                                                   : nullptr;
    if (!to) continue;
    if (sign == std::string_view::npos || sign + 1 == pair.size() || !to->empty()) return std::nullopt;
    *to = pair.substr(sign + 1);
  }
  return members;
}

}  // namespace

std::size_t end_of_head(std::string_view bytes) {
  const std::size_t end = bytes.find(kHeadEnd);
  return end == std::string_view::npos ? 0 : end + kHeadEnd.size();
}

std::optional<Redirect> read_redirect(std::string_view head, std::uint16_t port, std::string_view state) {
  constexpr std::string_view kMethod = "GET ", kVersion = " HTTP/1.1";
  const std::string_view line = head.substr(0, head.find(kLineEnd));
  if (!line.starts_with(kMethod) || !line.ends_with(kVersion) || line.size() < kMethod.size() + kVersion.size())
    return std::nullopt;
  const std::string_view target = line.substr(kMethod.size(), line.size() - kMethod.size() - kVersion.size());
  const std::size_t mark = target.find('?');
  if (mark == std::string_view::npos || target.substr(0, mark) != ipc::kRedirectPath) return std::nullopt;
  if (!has_our_host(head.substr(std::min(head.size(), line.size() + kLineEnd.size())), port)) return std::nullopt;
  const auto members = members_of(target.substr(mark + 1));
  if (!members || !same_secret(members->state, state)) return std::nullopt;
  if (members->code.empty() == members->error.empty()) return std::nullopt;
  Redirect redirect;
  redirect.error = members->error;
  const bool sound = members->code.empty() ? is_error(members->error) : take_code(members->code, redirect.code);
  return sound ? std::optional(std::move(redirect)) : std::nullopt;
}

}  // namespace supervisor
