#include "text/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "text/plain_text.h"

namespace broker {
namespace {

constexpr char kForms[] = "write for example 203.0.113.0/24, 203.0.113.7 or \"2001:db8::/32\"";

struct Address {
  int family = AF_INET;
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  [[nodiscard]] int bits() const { return family == AF_INET ? 32 : 128; }
};

std::optional<Address> parse_address(const std::string& text) {
  for (const int family : {AF_INET, AF_INET6}) {
    Address address;
    address.family = family;
    if (::inet_pton(family, text.c_str(), address.bytes.data()) == 1) return address;
  }
  return std::nullopt;
}

// Decimal, without sign or leading zeros; -1 for anything else.
int parse_prefix(std::string_view text) {
  int value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool plain = error == std::errc() && end == text.data() + text.size() && std::to_string(value) == text;
  return plain && value >= 0 ? value : -1;
}

void clear_host_bits(Address& address, int prefix) {
  for (int bit = prefix; bit < address.bits(); ++bit) {
    address.bytes[static_cast<std::size_t>(bit / 8)] &= static_cast<unsigned char>(~(0x80 >> (bit % 8)));
  }
}

std::string text_of(const Address& address) {
  char text[INET6_ADDRSTRLEN] = {};
  return ::inet_ntop(address.family, address.bytes.data(), text, sizeof text) != nullptr ? text : "";
}

std::unexpected<ipc::Error> refuse(const std::string& why, std::string next_step = kForms) {
  return ipc::fail(ipc::Fault::kConfig, why, std::move(next_step));
}

}  // namespace

ipc::Status check_ip_network(const std::string& text) {
  const std::size_t slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  if (!address) return refuse(in_quotes(text) + " is not an IP address or network");
  if (slash == std::string::npos) return {};
  const int prefix = parse_prefix(std::string_view(text).substr(slash + 1));
  if (prefix < 0 || prefix > address->bits()) {
    return refuse(in_quotes(text) + " has no prefix length from 1 to " + std::to_string(address->bits()));
  }
  if (prefix == 0) return refuse(in_quotes(text) + " is every address there is, and bounds nothing");
  Address network = *address;
  clear_host_bits(network, prefix);
  if (network.bytes == address->bytes) return {};
  const std::string meant = text_of(network) + "/" + std::to_string(prefix);
  return refuse(in_quotes(text) + " has bits behind its prefix; did you mean " + in_quotes(meant) + "?",
                "write the network's first address, or leave the prefix length out for one address");
}

}  // namespace broker
