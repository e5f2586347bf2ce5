#include "ipc/text/ip_address.h"

#include <arpa/inet.h>

namespace ipc {
namespace {

// Eight bits for IPv4, because any address of the network reaches this machine alone.
constexpr unsigned kLoopbackByte = 127;

}  // namespace

std::optional<IpAddress> parse_ip_address(std::string_view text) {
  if (text.size() >= INET6_ADDRSTRLEN) return std::nullopt;
  std::array<char, INET6_ADDRSTRLEN> copy{};  // inet_pton wants an end; a NUL within the text would be a second one
  if (text.copy(copy.data(), text.size()) != std::string_view(copy.data()).size()) return std::nullopt;
  for (const int family : {AF_INET, AF_INET6}) {
    IpAddress address;
    address.family = family;
    if (::inet_pton(family, copy.data(), address.bytes.data()) == 1) return address;
  }
  return std::nullopt;
}

std::string text_of(const IpAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  return ::inet_ntop(address.family, address.bytes.data(), text.data(), text.size()) != nullptr ? text.data() : "";
}

bool same_prefix(const IpAddress& one, const IpAddress& other, int bits) {
  if (one.family != other.family || bits < 0 || bits > one.bits()) return false;
  for (int bit = 0; bit < bits; ++bit) {
    const auto at = static_cast<std::size_t>(bit / 8);
    if (((one.bytes[at] ^ other.bytes[at]) & (0x80 >> (bit % 8))) != 0) return false;
  }
  return true;
}

bool is_loopback(const in_addr& address) { return (ntohl(address.s_addr) >> 24) == kLoopbackByte; }

bool is_loopback(const IpAddress& address) {
  if (address.family == AF_INET) return address.bytes[0] == kLoopbackByte;
  return same_prefix(address, *parse_ip_address("::1"), address.bits());
}

bool is_link_local(const IpAddress& address) {
  return same_prefix(address, *parse_ip_address("169.254.0.0"), 16) ||
         same_prefix(address, *parse_ip_address("fe80::"), 10);
}

std::optional<IpAddress> address_of_host(std::string_view host) {
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  const auto address = parse_ip_address(bracketed ? host.substr(1, host.size() - 2) : host);
  if (!address || (address->family == AF_INET6) != bracketed) return std::nullopt;
  return address;
}

std::string_view leading_host(std::string_view authority) {
  if (!authority.starts_with('[')) return authority.substr(0, authority.find(':'));
  const std::size_t end = authority.find(']');
  return end == std::string_view::npos ? std::string_view{} : authority.substr(0, end + 1);
}

bool is_this_machine(std::string_view host) {
  if (host == kLocalName) return true;
  const auto address = address_of_host(host);
  return address && is_loopback(*address);
}

}  // namespace ipc
