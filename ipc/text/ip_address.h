// What an IP address is, and which hosts are this machine: the one rule by which plain http is allowed, a proxy is left
// out and a peer counts as local. It resolves no name.
//
// Runs in: every process.   Blocks: never.
// Source: RFC 1122 3.2.1.3 and RFC 4291 2.5.3 (loopback), RFC 3927 and RFC 4291 2.5.6 (link-local), RFC 6761 6.3
// (localhost).
#pragma once

#include <netinet/in.h>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ipc {

// The only address on which a run is served over TCP, and the name of this machine that needs no look-up.
inline constexpr std::string_view kServedAddress = "127.0.0.1";
inline constexpr std::string_view kLocalName = "localhost";

struct IpAddress {
  int family = AF_INET;
  std::array<unsigned char, sizeof(in6_addr)> bytes{};  // an IPv4 address takes the first four
  [[nodiscard]] constexpr int bits() const { return family == AF_INET ? 32 : 128; }
};

// A dotted quad or an IPv6 address without brackets and without a zone; nothing for "127.1", "0x7f.0.0.1" and
// 2130706433, which libraries read differently.
std::optional<IpAddress> parse_ip_address(std::string_view text);
std::string text_of(const IpAddress& address);

// Whether both are of one family and begin with the same `bits` bits; false for a number of bits that the family has
// not.
bool same_prefix(const IpAddress& one, const IpAddress& other, int bits);

// 127.0.0.0/8 and ::1.
bool is_loopback(const IpAddress& address);
bool is_loopback(const in_addr& address);
// 169.254.0.0/16 and fe80::/10.
bool is_link_local(const IpAddress& address);

// The address in a URL's host: an IPv6 address stands in brackets there.
std::optional<IpAddress> address_of_host(std::string_view host);

// The host with which "host:port" begins, an IPv6 address with its brackets; empty where a bracket is not closed.
std::string_view leading_host(std::string_view authority);

// Whether a URL's host is this machine: 127.0.0.0/8, [::1] or localhost, in lower case.
bool is_this_machine(std::string_view host);

}  // namespace ipc
