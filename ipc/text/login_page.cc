#include "ipc/text/login_page.h"

#include <algorithm>

#include "ipc/text/ip_address.h"

namespace ipc {
namespace {

constexpr std::string_view kHttps = "https://", kHttp = "http://";

bool may_stand_in_a_url(char c) {
  return c > ' ' && c <= '~' && std::string_view("\"'\\<>`@").find(c) == std::string_view::npos;
}

bool begins_a_name(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

bool is_login_page(std::string_view url) {
  if (url.size() > kMaxLoginPage || !std::ranges::all_of(url, may_stand_in_a_url)) return false;
  if (url.starts_with(kHttps)) return url.size() > kHttps.size() && begins_a_name(url[kHttps.size()]);
  if (!url.starts_with(kHttp)) return false;
  const std::string_view rest = url.substr(kHttp.size()), authority = rest.substr(0, rest.find_first_of("/?#"));
  const std::string_view host = leading_host(authority), port = authority.substr(host.size());
  return is_this_machine(host) && (port.empty() || port.front() == ':');
}

std::string redirect_url(std::uint16_t port) {
  const std::string authority = "127.0.0.1" + (port == 0 ? "" : ":" + std::to_string(port));
  return "http://" + authority + std::string(kRedirectPath);
}

}  // namespace ipc
