// Which characters steer a terminal, or are not seen: text from elsewhere is shown without them, and a policy that has
// one is refused. One list, for every process.
//
// Runs in: supervisor, sentinel-doctor, broker and its tools.   Blocks: never.
// Source: Unicode's general categories Cc, Cf, Co, Cs and Zl/Zp, and its property Default_Ignorable_Code_Point.
#pragma once

#include <cstdint>
#include <string_view>

namespace ipc {

// What is wrong with this character, in words; empty where nothing is. Tab, LF and CR are the caller's to judge: of a
// text of several lines they are part, of one line they are not.
std::string_view why_not_plain(std::uint32_t code_point);

}  // namespace ipc
