// What a device must be known to be.
#include <algorithm>

#include "policy_yaml_parts.h"

namespace broker {
namespace {

bool read_os_version(YamlReader& in, const YamlNode& node, DeviceDemands& device) {
  if (!in.text(node, kMaxName, device.min_os_version)) return false;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_allowed = [&](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '+';
  };
  const std::string& version = device.min_os_version;
  const bool good =
      std::all_of(version.begin(), version.end(), is_allowed) && std::any_of(version.begin(), version.end(), is_digit);
  return good ||
         in.refuse(node, in_quotes(version) + " is not a version", "write numbers with dots, for example \"14.2\"");
}

bool read_os_types(YamlReader& in, const YamlNode& node, DeviceDemands& device) {
  YamlNode folded = node;  // the one word list in which case is free
  for (YamlNode& item : folded.children) {
    for (char& c : item.text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return in.words(folded, kOsTypeWords, device.os_types);
}

using Device = DeviceDemands;
constexpr Field<Device> kDevice[] = {
    {"require_encryption", false,
     [](YamlReader& in, const YamlNode& n, Device& d) { return in.yes_or_no(n, d.encryption); }},
    {"require_mdm", false, [](YamlReader& in, const YamlNode& n, Device& d) { return in.yes_or_no(n, d.mdm); }},
    {"require_mdm_compliant", false,
     [](YamlReader& in, const YamlNode& n, Device& d) { return in.yes_or_no(n, d.mdm_compliant); }},
    {"require_firewall", false,
     [](YamlReader& in, const YamlNode& n, Device& d) { return in.yes_or_no(n, d.firewall); }},
    {"min_os_version", false, read_os_version},
    {"allowed_os_types", false, read_os_types},
};

}  // namespace

bool read_device(YamlReader& in, const YamlNode& node, Conditions& conditions) {
  if (!in.mapping(node, kDevice, conditions.device)) return false;
  if (!node.children.empty()) return true;
  return in.refuse(node, "\"device\" is empty", "leave the key out if it shall not matter");
}

}  // namespace broker
