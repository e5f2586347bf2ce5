#include "argument/remote_url.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "ipc/commands/commands.h"
#include "ipc/text/ip_address.h"

namespace supervisor {
namespace {

using ipc::Fault;

std::unexpected<ipc::Error> refused(std::string_view why, std::string_view next_step) {
  return ipc::fail(Fault::kUsage, "--remote-server " + std::string(why), std::string(next_step));
}

constexpr std::string_view kHowToWrite = "write it as https://HOST/PATH";

bool is_url_character(char c) {
  return c > 0x20 && c < 0x7f && std::string_view("\"<>\\^`{|}").find(c) == std::string_view::npos;
}

struct HostAndPort {
  std::string_view host, port;
};
// "[::1]:8443" and "host:8443", with or without the port.
std::optional<HostAndPort> split_authority(std::string_view authority) {
  const std::string_view host = ipc::leading_host(authority), rest = authority.substr(host.size());
  if (host.empty() || host == "[]" || (!rest.empty() && rest.front() != ':')) return std::nullopt;
  return HostAndPort{host, rest.empty() ? rest : rest.substr(1)};
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && port > 0 && port <= 65535;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    unsigned char byte = 0;
    const std::string_view hex = text.substr(i + 1, 2);
    const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), byte, 16);
    if (hex.size() != 2 || error != std::errc{} || end != hex.data() + 2) return std::nullopt;
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

// The query, unless it says what Sentinel says itself.
ipc::Result<std::string> checked_query(std::string_view query) {
  std::string kept;
  bool named = false;
  while (!query.empty()) {
    const std::string_view item = ipc::next_item(query, '&');
    const std::size_t equals = item.find('=');
    const auto name = percent_decoded(item.substr(0, equals));
    const auto value = percent_decoded(equals == std::string_view::npos ? std::string_view{} : item.substr(equals + 1));
    if (!name || !value) return refused("has a % that stands for no character", "write % as %25");
    if (*name == "duration") return refused("names a duration", "leave it out of the URL, and write --server-duration");
    if (*name == "device_id") return refused("names a device_id", "leave it out: Sentinel sends this host's own");
    if (*name == "profile" && value->empty()) return refused("names an empty profile", "leave it out of the URL");
    if (*name == "profile" && std::exchange(named, true)) return refused("names two profiles", "leave one of them out");
    if (item.empty()) continue;
    kept += (kept.empty() ? "?" : "&") + std::string(item);
  }
  return kept;
}

}  // namespace

ipc::Result<std::string> remote_url(std::string_view url) {
  if (!std::ranges::all_of(url, is_url_character)) {
    return refused("has a character in it that no URL has", "write such characters as %xx");
  }
  const bool https = url.starts_with("https://"), http = url.starts_with("http://");
  if (!https && !http) return refused("is not an https URL", kHowToWrite);
  const std::size_t begin = https ? 8 : 7, end = std::min(url.find_first_of("/?#", begin), url.size());
  const std::string_view authority = url.substr(begin, end - begin);
  if (url.find('#') != std::string_view::npos) return refused("has a fragment, behind #", "leave that out");
  if (authority.find('@') != std::string_view::npos) {
    return refused("carries a user name", "leave it out; --remote-token-file names the file of a bearer token");
  }
  const auto parts = split_authority(authority);
  if (!parts) return refused("names no host", kHowToWrite);
  if (authority.ends_with(':') || (!parts->port.empty() && !is_port(parts->port)))
    return refused("has a port that is none", "give a number from 1 to 65535, or none");
  if (http && !ipc::is_this_machine(parts->host)) {
    return refused("is plain http, which everyone on the way can read and change",
                   "write https; plain http is for a server on this host");
  }
  const std::size_t mark = std::min(url.find('?'), url.size());
  const auto query = checked_query(mark == url.size() ? std::string_view{} : url.substr(mark + 1));
  if (!query) return query;
  return std::string(url.substr(0, mark)) + *query;
}

}  // namespace supervisor
