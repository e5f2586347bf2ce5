// Any bytes: the loader answers a host's configuration or sentences with their places, and what it accepts can be
// resolved, or says where it cannot.
#include <cstdint>
#include <string_view>

#include "host_config/load.h"
#include "host_config/resolve.h"
#include "must.h"
#include "yaml/error_place.h"

namespace {

using namespace broker;

void check_mistakes(const Mistakes& mistakes, bool with_column) {
  must(!mistakes.none());
  for (const ipc::Error& each : mistakes.told()) {
    const ErrorPlace place = place_of(each, "fuzz");
    must(place.line > 0 && (place.column > 0 || !with_column) && !place.reason.empty() && !each.next_step.empty());
  }
}

void check_rows(const HostConfig& config) {
  must(!config.profiles.empty() && !config.principals.empty());
  must(config.policy.parameter.text.empty() != config.policy.file.text.empty());
  must(!config.log.file.text.empty() || config.log.system_log);
  for (const PrincipalRow& row : config.principals) must(!row.user.empty() && row.first <= row.last);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = read_host_config(text, "fuzz");
  if (!config) {
    check_mistakes(config.error(), true);
    return 0;
  }
  check_rows(*config);
  const auto profiles = resolve_host_profiles(*config);
  if (!profiles) {
    check_mistakes(profiles.error(), false);
    return 0;
  }
  must(profiles->size() == config->profiles.size());
  return 0;
}
