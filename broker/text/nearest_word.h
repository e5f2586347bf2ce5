// The known word that a misspelt one most likely meant, for "did you mean"; never used to accept the misspelling.
//
// Runs in: broker, main thread.   Blocks: never.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace broker {

// Within a third of the word's length in edits (two neighbours swapped are two), or nothing.
std::optional<std::string_view> nearest_word(std::string_view given, std::span<const std::string_view> known);

// "; did you mean "users"?" where something is near, else "; it can be a, b or c".
std::string suggestion(std::string_view given, std::span<const std::string_view> known);

}  // namespace broker
