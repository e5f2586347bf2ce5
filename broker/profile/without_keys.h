// A profile for a run that signs nothing: a token says who asks, so no key is read, and the profile need not be in any
// file. Where it is, its region and its certificates count.
//
// Runs in: broker, at the start.   Blocks: on two small local files.   Fails: kConfig with file:line.
#pragma once

#include <string_view>

#include "profile/resolve.h"

namespace broker {

[[nodiscard]] ipc::Result<ResolvedProfile> resolve_without_keys(std::string_view name, const ipc::Settings& settings,
                                                                std::string_view home, std::string_view region_flag);

}  // namespace broker
