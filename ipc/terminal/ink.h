// Colour for people: which words are coloured, and whether the terminal shows it. One rule for all programs.
//
// Runs in: supervisor, sentinel-doctor, the tools beside the broker.   Blocks: never.
// Source: no-color.org (NO_COLOR, not empty: no colour), bixense.com/clicolors (CLICOLOR=0: none), terminfo(5)
// (TERM=dumb).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ipc {

enum class Ink { kNone, kGood, kBad, kWarn, kQuiet, kStrong };

// Whether what is written to `fd` is coloured by itself: it is a terminal that can, and the environment does not mind.
bool shows_colour(int fd);

// `text` in that colour, which ends behind it; text from elsewhere is made harmless before.
std::string inked(Ink ink, std::string_view text);

// The columns of the terminal at `fd`; `otherwise` where it is none, or does not say.
std::size_t terminal_width(int fd, std::size_t otherwise);

}  // namespace ipc
