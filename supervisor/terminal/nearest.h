// The word that was probably meant.
//
// Runs in: supervisor.   Blocks: never.
#pragma once

#include <span>
#include <string_view>

namespace supervisor {

// The one of `known` that is few letters away from `typed`; empty where none is near enough to be more than a guess.
std::string_view nearest(std::string_view typed, std::span<const std::string_view> known);

}  // namespace supervisor
