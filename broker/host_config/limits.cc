// How much the users of one host may ask for.
#include "host_config/parts.h"

namespace broker {
namespace {

constexpr HostField<HostLimits> kLimits[] = {
#define LIMIT(name, initial, least, most, meaning)                  \
  {#name, false,                                                    \
   [](YamlReader& in, const YamlNode& node, HostLimits& limits) {   \
     std::uint64_t number = 0;                                      \
     if (!read_number(in, node, least, most, number)) return false; \
     limits.name = static_cast<std::uint32_t>(number);              \
     return true;                                                   \
   },                                                               \
   "number", meaning ": from " #least " to " #most ", and " #initial " where it is left out"},
#include "host_config/limits.def"
#undef LIMIT
};

}  // namespace

void list_host_limit_keys(SchemaWalk& walk, const std::string& path) { walk.table<kLimits>(path); }

bool read_host_limits(YamlReader& in, const YamlNode& node, HostConfig& config) {
  in.set_context("limits: ");
  const bool good = in.mapping(node, kLimits, config.limits);
  in.set_context("");
  return good;
}

}  // namespace broker
