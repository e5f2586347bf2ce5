// The known word that a misspelt one most likely meant, for "did you mean"; never used to accept the misspelling.
//
// Runs in: supervisor, broker and its tools.   Blocks: never. Cost: the product of the lengths, which are bounded.
// Source: optimal string alignment, a Levenshtein distance that knows swapped neighbours, computed row by row.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ipc {

// How many letters were mistyped: insertions, deletions, replacements and swaps of two neighbours that turn one word
// into the other.
std::size_t edit_distance(std::string_view from, std::string_view to);

// Within a third of the word's length in mistyped letters (one in a short word), whatever its case; or nothing.
std::optional<std::string_view> nearest_word(std::string_view given, std::span<const std::string_view> known);

// "; did you mean "users"?" where something is near, else "; it can be a, b or c".
std::string suggestion(std::string_view given, std::span<const std::string_view> known);

}  // namespace ipc
