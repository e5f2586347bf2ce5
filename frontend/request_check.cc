#include "request_check.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "ipc/client/answer_mac.h"
#include "ipc/client/served_profiles.h"
#include "ipc/text/ascii.h"
#include "ipc/text/ip_address.h"

namespace frontend {
namespace {

using Outcome = std::optional<Refusal>;  // nothing: go on

// `expected` is in lower case.
bool equals_ignoring_case(std::string_view text, std::string_view expected) {
  return std::ranges::equal(text, expected, [](char a, char b) { return ipc::lower(a) == b; });
}

constexpr bool is_printable(char c) { return c >= ' ' && c <= '~'; }
constexpr bool is_visible(char c) { return c > ' ' && c <= '~'; }
std::string_view trim(std::string_view text) {
  while (!text.empty() && ipc::is_ows(text.front())) text.remove_prefix(1);
  while (!text.empty() && ipc::is_ows(text.back())) text.remove_suffix(1);
  return text;
}

// Cuts the part before `separator` off `rest`; false where there is none.
bool cut(std::string_view& rest, std::string_view separator, std::string_view& part) {
  const auto at = rest.find(separator);
  if (at == std::string_view::npos) return false;
  part = rest.substr(0, at);
  rest.remove_prefix(at + separator.size());
  return true;
}

// The next member of a comma-separated list; `more` says whether there is another.
std::string_view next_member(std::string_view& list, bool& more) {
  std::string_view member;
  more = cut(list, ",", member);
  return trim(more ? member : list);
}

class Checker {
 public:
  explicit Checker(HostRule rule) : rule_(rule) {}

  Outcome request_line(std::string_view line);
  Outcome profile(std::string_view name);
  Outcome header(std::string_view line);
  Outcome whole(std::string_view behind_head) const;
  [[nodiscard]] const Request& request() const { return request_; }

  // The checks of header_rules.def.
  Outcome host(std::string_view value);
  Outcome authorization(std::string_view value);
  Outcome nonce(std::string_view value);
  Outcome connection(std::string_view value);
  Outcome no_body(std::string_view value);
  Outcome body(std::string_view) { return Refusal::HasBody; }
  Outcome expectation(std::string_view value);
  Outcome fetch_mode(std::string_view value);
  Outcome browser(std::string_view) { return Refusal::FromBrowser; }

 private:
  const HostRule rule_;
  Request request_;
  bool have_host_ = false, have_authorization_ = false, have_length_ = false, must_close_ = false;
};

struct HeaderRule {
  std::string_view name;
  Outcome (Checker::*check)(std::string_view value);
  std::string_view why;
};
#define HEADER(name, check, why) HeaderRule{name, &Checker::check, why},
constexpr HeaderRule kHeaderRules[] = {
#include "header_rules.def"
};
#undef HEADER

bool matches(std::string_view name, std::string_view rule) {
  if (!rule.ends_with('*')) return equals_ignoring_case(name, rule);
  rule.remove_suffix(1);
  return name.size() >= rule.size() && equals_ignoring_case(name.substr(0, rule.size()), rule);
}

// "HTTP/d.d", of which only 1.1 is served.
Outcome check_version(std::string_view version) {
  if (version == "HTTP/1.1") return {};
  const bool well_formed = version.size() == 8 && version.starts_with("HTTP/") && version[6] == '.' &&
                           version[5] >= '0' && version[5] <= '9' && version[7] >= '0' && version[7] <= '9';
  return well_formed ? Refusal::WrongVersion : Refusal::Malformed;
}

Outcome Checker::request_line(std::string_view line) {
  std::string_view method, target;
  if (!cut(line, " ", method) || !cut(line, " ", target)) return Refusal::Malformed;
  if (Outcome bad = check_version(line)) return bad;
  if (!target.starts_with('/') || !std::ranges::all_of(target, is_visible)) return Refusal::Malformed;
  request_.route = find_route(target);
  if (request_.route == nullptr) return Refusal::NoSuchPath;
  if (method != request_.route->method) return Refusal::WrongMethod;
  return request_.route->names_profile ? profile(target.substr(request_.route->path.size())) : Outcome{};
}

// Which profiles there are, the broker knows. SDKs that ask over TCP know of one alone.
Outcome Checker::profile(std::string_view name) {
  std::string read;
  if (rule_.transport != ipc::Transport::Unix || !ipc::read_profile_in_path(name, read)) return Refusal::NoSuchPath;
  request_.profile = name;
  return {};
}

Outcome Checker::header(std::string_view line) {
  std::string_view name;
  if (!cut(line, ":", name) || name.empty() || !std::ranges::all_of(name, is_token_character))
    return Refusal::Malformed;
  const std::string_view value = trim(line);
  if (!std::ranges::all_of(value, [](char c) { return is_printable(c) || c == '\t'; })) return Refusal::Malformed;
  for (const HeaderRule& rule : kHeaderRules) {
    if (matches(name, rule.name)) return (this->*rule.check)(value);
  }
  return {};
}

Outcome Checker::host(std::string_view value) {
  if (std::exchange(have_host_, true)) return Refusal::Malformed;
  const auto colon = value.find(':');
  const std::string_view name = value.substr(0, colon);
  const bool local = equals_ignoring_case(name, ipc::kLocalName);
  if (rule_.transport == ipc::Transport::Unix) {
    return local && colon == std::string_view::npos ? Outcome{} : Refusal::WrongHost;
  }
  if (!local && name != ipc::kServedAddress) return Refusal::WrongHost;
  if (colon == std::string_view::npos) return {};
  return value.substr(colon + 1) == std::to_string(rule_.port) ? Outcome{} : Refusal::WrongHost;
}

Outcome Checker::authorization(std::string_view value) {
  if (std::exchange(have_authorization_, true)) return Refusal::Malformed;
  if (value.size() > kMaxAuthorizationBytes) return Refusal::HeadTooLarge;
  if (!std::ranges::all_of(value, is_printable)) return Refusal::Malformed;
  request_.authorization = value;
  return {};
}

Outcome Checker::nonce(std::string_view value) {
  if (!request_.nonce.empty() || !ipc::is_nonce(value)) return Refusal::Malformed;
  request_.nonce = value;
  return {};
}

Outcome Checker::connection(std::string_view value) {
  for (bool more = true; more;) {
    const std::string_view option = next_member(value, more);
    if (equals_ignoring_case(option, "close")) must_close_ = true;
    if (equals_ignoring_case(option, "keep-alive")) request_.keep_alive = true;
  }
  request_.keep_alive = request_.keep_alive && !must_close_;
  return {};
}

Outcome Checker::no_body(std::string_view value) {
  if (std::exchange(have_length_, true)) return Refusal::Malformed;
  return value == "0" ? Outcome{} : Refusal::HasBody;
}

// No 100 (Continue) goes out: there is nothing to continue with, and a client that waits takes the answer instead.
Outcome Checker::expectation(std::string_view value) {
  for (bool more = true; more;) {
    const std::string_view member = next_member(value, more);
    if (!member.empty() && !equals_ignoring_case(member, "100-continue")) return Refusal::UnknownExpectation;
  }
  return {};
}

Outcome Checker::fetch_mode(std::string_view value) { return value == "cors" ? Outcome{} : Refusal::FromBrowser; }

Outcome Checker::whole(std::string_view behind_head) const {
  if (!have_host_) return Refusal::Malformed;
  if (!behind_head.empty()) return Refusal::HasBody;
  return {};
}

}  // namespace

std::expected<Request, Refusal> check_request(std::string_view received, HostRule rule) {
  Checker checker(rule);
  std::string_view rest = received, line;
  if (!cut(rest, "\r\n", line)) return std::unexpected(Refusal::Malformed);
  if (Outcome bad = checker.request_line(line)) return std::unexpected(*bad);
  while (true) {
    if (!cut(rest, "\r\n", line)) return std::unexpected(Refusal::Malformed);
    if (line.empty()) break;
    if (Outcome bad = checker.header(line)) return std::unexpected(*bad);
  }
  const std::size_t head_bytes = received.size() - rest.size();
  if (head_bytes > kMaxHeadBytes) return std::unexpected(Refusal::HeadTooLarge);
  if (Outcome bad = checker.whole(rest)) return std::unexpected(*bad);
  return checker.request();
}

}  // namespace frontend
