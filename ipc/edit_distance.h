// How many letters were mistyped: insertions, deletions and replacements that turn one word into the other.
//
// Runs in: supervisor and broker, for "did you mean" alone.   Blocks: never. Cost: the product of the lengths.
// Source: Levenshtein distance, computed row by row.
#pragma once

#include <cstddef>
#include <string_view>

namespace ipc {

std::size_t edit_distance(std::string_view from, std::string_view to);

}  // namespace ipc
