// A file that a profile names.
//
// Blocks: never: the file is not looked at.   Fails: kConfig at `place`, the file:line of the key that names it.
#pragma once

#include <string>
#include <string_view>

#include "ipc/result.h"

namespace broker {

// "~/…" and "/…"; anything else is refused.
[[nodiscard]] ipc::Result<std::string> absolute_path(std::string_view path, std::string_view home,
                                                     std::string_view place);

}  // namespace broker
