// Sizes as people write them: "1000000", "64MiB", "10MB". A unit is written without a blank, in just these letters.
//
// Runs in: every process.   Blocks: never.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ipc {

// Nothing for a text of another form; the greatest number there is for a size that is greater.
std::optional<std::uint64_t> parse_byte_size(std::string_view text);

}  // namespace ipc
