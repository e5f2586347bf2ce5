// What a device must be known to be.
#include <algorithm>

#include "policy/yaml/parts.h"
#include "text/ascii.h"

namespace broker {
namespace {

bool read_os_version(YamlReader& in, const YamlNode& node, DeviceDemands& device) {
  if (!in.text(node, kMaxName, device.min_os_version)) return false;
  const auto is_allowed = [&](char c) { return is_alphanumeric(c) || c == '.' || c == '-' || c == '+'; };
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
     [](YamlReader& in, const YamlNode& n, Device& d) { return in.yes_or_no(n, d.encryption); }, "true or false",
     "its disk is encrypted"},
    {"require_mdm", false, [](YamlReader& in, const YamlNode& n, Device& d) { return in.yes_or_no(n, d.mdm); },
     "true or false", "it is enrolled in device management"},
    {"require_mdm_compliant", false,
     [](YamlReader& in, const YamlNode& n, Device& d) { return in.yes_or_no(n, d.mdm_compliant); }, "true or false",
     "device management calls it compliant"},
    {"require_firewall", false,
     [](YamlReader& in, const YamlNode& n, Device& d) { return in.yes_or_no(n, d.firewall); }, "true or false",
     "its firewall is on"},
    {"min_os_version", false, read_os_version, "text",
     "its system is of this version or a later one; 14.10 is later than 14.2"},
    {"allowed_os_types", false, read_os_types, "list of OS types", "its system is one of these, in capitals or not"},
};

}  // namespace

void list_device_keys(SchemaWalk& walk, const std::string& path) { walk.table<kDevice>(path); }

bool read_device(YamlReader& in, const YamlNode& node, Conditions& conditions) {
  if (!in.mapping(node, kDevice, conditions.device)) return false;
  if (!node.children.empty()) return true;
  return in.refuse(node, "\"device\" is empty", "leave the key out if it shall not matter");
}

}  // namespace broker
