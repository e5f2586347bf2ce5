#include "text/ip_address.h"

#include <charconv>

#include "ipc/text/ip_address.h"
#include "text/plain_text.h"

namespace broker {
namespace {

constexpr char kForms[] = "write for example 203.0.113.0/24, 203.0.113.7 or \"2001:db8::/32\"";

// Decimal, without sign or leading zeros; -1 for anything else.
int parse_prefix(std::string_view text) {
  int value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool plain = error == std::errc() && end == text.data() + text.size() && std::to_string(value) == text;
  return plain && value >= 0 ? value : -1;
}

void clear_host_bits(ipc::IpAddress& address, int prefix) {
  for (int bit = prefix; bit < address.bits(); ++bit) {
    address.bytes[static_cast<std::size_t>(bit / 8)] &= static_cast<unsigned char>(~(0x80 >> (bit % 8)));
  }
}

std::unexpected<ipc::Error> refuse(const std::string& why, std::string next_step = kForms) {
  return ipc::fail(ipc::Fault::kConfig, why, std::move(next_step));
}

}  // namespace

ipc::Status check_ip_network(const std::string& text) {
  const std::size_t slash = text.find('/');
  const auto address = ipc::parse_ip_address(std::string_view(text).substr(0, slash));
  if (!address) return refuse(in_quotes(text) + " is not an IP address or network");
  if (slash == std::string::npos) return {};
  const int prefix = parse_prefix(std::string_view(text).substr(slash + 1));
  if (prefix < 0 || prefix > address->bits()) {
    return refuse(in_quotes(text) + " has no prefix length from 1 to " + std::to_string(address->bits()));
  }
  if (prefix == 0) return refuse(in_quotes(text) + " is every address there is, and bounds nothing");
  ipc::IpAddress network = *address;
  clear_host_bits(network, prefix);
  if (network.bytes == address->bytes) return {};
  const std::string meant = ipc::text_of(network) + "/" + std::to_string(prefix);
  return refuse(in_quotes(text) + " has bits behind its prefix; did you mean " + in_quotes(meant) + "?",
                "write the network's first address, or leave the prefix length out for one address");
}

}  // namespace broker
