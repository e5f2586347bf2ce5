// A name and a pattern of names: '*' stands for any run of characters, '?' for one, and the whole name must match.
//
// Runs in: every process.   Blocks: never. Cost: the product of the lengths.
// Units: bytes; a '?' stands for one byte, names of AWS and Unix being ASCII.
#pragma once

#include <string_view>

namespace ipc {

[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view name);

}  // namespace ipc
