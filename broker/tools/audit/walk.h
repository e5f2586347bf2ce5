// Reads decision logs one behind another, judging the chain as it goes.
//
// Runs in: sentinel-audit.   Blocks: on reading.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/audit/reader.h"
#include "tools/audit/verify.h"

namespace broker {

// Reads the files in their order; `take` may be empty. Fails at the first that cannot be read.
ipc::Status walk_files(const std::vector<std::string>& files, AuditVerifier& verifier, const TakeLine& take);

// FILE:LINE, or FILE alone.
std::string place_of(const AuditFinding& finding);
// "1 line", "2 lines".
std::string number_of(std::uint64_t count, std::string_view what);

}  // namespace broker
