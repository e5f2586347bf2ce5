#include "call/proxy.h"

#include <curl/curl.h>

#include <charconv>
#include <optional>

#include "call/url.h"
#include "ipc/text/ip_address.h"
#include "text/ascii.h"

namespace broker {
namespace {

using ipc::Fault;

constexpr std::size_t kMaxProxyUrl = 2048;

std::unexpected<ipc::Error> bad(const std::string& variable, std::string_view why) {
  return ipc::fail(Fault::kConfig, variable + ": the proxy's URL " + std::string(why),
                   "write it as http://proxy.example.com:3128, or unset " + variable);
}

// libcurl decodes user, password and host when it connects, and goes past a proxy whose URL it cannot decode so,
// without a word: the request would reach AWS by a way that this user, or his network, has shut.
bool is_readable_by_curl(const Url& url) {
  for (const CURLUPart part : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_HOST}) {
    char* decoded = nullptr;
    const CURLUcode code = curl_url_get(url.get(), part, &decoded, CURLU_URLDECODE);
    const CurlText owned(decoded);
    if (code != CURLUE_OK && code != CURLUE_NO_USER && code != CURLUE_NO_PASSWORD) return false;
  }
  return true;
}

ipc::Result<Proxy> parse(std::string_view value, const std::string& variable) {
  if (value.size() > kMaxProxyUrl || !is_visible(value)) {
    return bad(variable, "is longer than any, or has spaces or characters that no URL has");
  }
  std::string text(value);
  if (text.find("://") == std::string::npos) text.insert(0, "http://");
  const Url url(curl_url());
  if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
    return bad(variable, "is no URL");
  }
  const std::string scheme = url_part(url, CURLUPART_SCHEME), host = url_part(url, CURLUPART_HOST);
  if (scheme != "http" && scheme != "https") return bad(variable, "is neither http nor https");
  const std::string path = url_part(url, CURLUPART_PATH);
  if ((!path.empty() && path != "/") || !url_part(url, CURLUPART_QUERY).empty() ||
      !url_part(url, CURLUPART_FRAGMENT).empty()) {
    return bad(variable, "has more than host and port");
  }
  std::string port = url_part(url, CURLUPART_PORT);
  if (port.empty()) port = scheme == "https" ? "443" : "80";  // curl's own default for http would be 1080
  Proxy proxy;
  proxy.variable = variable;
  proxy.shown = scheme + "://" + host + ":" + port;
  const std::string user = url_part(url, CURLUPART_USER), password = url_part(url, CURLUPART_PASSWORD);
  if (!is_readable_by_curl(url)) {
    return bad(variable, "has a user, password or host that cannot be read: a percent sign begins a control character");
  }
  const std::string who = user.empty() && password.empty() ? "" : user + ":" + password + "@";
  proxy.url = scheme + "://" + who + host + ":" + port;
  return proxy;
}

// The value of the variable in lower case, else in upper case; `name` becomes the one that is set.
std::string_view either(const ipc::Settings& settings, std::string_view lower_name, std::string& name) {
  const std::string_view value = ipc::setting(settings, lower_name);
  if (!value.empty()) {
    name = lower_name;
    return value;
  }
  name = uppered(lower_name);
  return ipc::setting(settings, name);
}

// ---- NO_PROXY ------------------------------------------------------------------------------------------------------

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

// "10.0.0.0/8", or an address alone; an IPv6 address with its brackets or without.
bool covers(std::string_view network, const ipc::IpAddress& address) {
  const std::size_t slash = network.find('/');
  const std::string_view text = network.substr(0, slash);
  const auto base = text.starts_with('[') ? ipc::address_of_host(text) : ipc::parse_ip_address(text);
  const int all = address.bits();
  const int bits = slash == std::string_view::npos ? all : number(network.substr(slash + 1)).value_or(-1);
  return base && ipc::same_prefix(*base, address, bits);
}

// Takes ":8443" off a name; an IPv6 address has more colons, or stands in brackets.
bool port_fits(std::string_view& entry, int port) {
  const std::size_t colon = entry.rfind(':');
  const bool bracketed = entry.starts_with('[');
  if (colon == std::string_view::npos || (!bracketed && entry.find(':') != colon)) return true;
  if (bracketed && entry[colon - 1] != ']') return true;
  const auto wanted = number(entry.substr(colon + 1));
  entry = entry.substr(0, colon);
  return wanted == port;
}

bool names(std::string_view entry, std::string_view host, int port) {
  if (!port_fits(entry, port)) return false;
  if (const auto address = ipc::address_of_host(host)) return covers(entry, *address);
  while (entry.starts_with('.')) entry.remove_prefix(1);
  if (entry.empty() || !host.ends_with(entry)) return false;
  return host.size() == entry.size() || host[host.size() - entry.size() - 1] == '.';
}

// This machine and what shares its link, where AWS has an instance's and a container's services; in IPv6 those have a
// network of their own.
bool is_near(std::string_view host) {
  if (ipc::is_this_machine(host) || host.ends_with(".localhost")) return true;
  const auto address = ipc::address_of_host(host);
  return address && (ipc::is_link_local(*address) || covers("fd00:ec2::/32", *address));
}

}  // namespace

ipc::Result<Proxy> read_proxy(const ipc::Settings& settings) {
  std::string variable, unused;
  const std::string_view value = either(settings, "https_proxy", variable);
  if (value.empty()) return Proxy{};
  ipc::Result<Proxy> proxy = parse(value, variable);
  if (proxy) {
    proxy->past_it = lowered(either(settings, "no_proxy", unused));
  }
  return proxy;
}

bool goes_past(const Proxy& proxy, const std::string& url) {
  if (proxy.url.empty()) return true;
  const Url parsed(curl_url());
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return true;  // never sent
  const int port = number(url_part(parsed, CURLUPART_PORT, CURLU_DEFAULT_PORT)).value_or(0);
  std::string small = lowered(url_part(parsed, CURLUPART_HOST));
  if (small.ends_with('.')) small.pop_back();
  if (is_near(small)) return true;
  constexpr std::string_view kBetween = ", \t";
  std::string_view left = proxy.past_it;
  for (bool first = true;; first = false) {
    const std::size_t start = left.find_first_not_of(kBetween);
    if (start == std::string_view::npos) return false;
    left.remove_prefix(start);
    const std::string_view entry = left.substr(0, left.find_first_of(kBetween));
    left.remove_prefix(entry.size());
    const bool alone = first && left.find_first_not_of(kBetween) == std::string_view::npos;
    if (entry == "*" ? alone : names(entry, small, port)) return true;
  }
}

}  // namespace broker
