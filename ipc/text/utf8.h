// UTF-8 in its only form: no overlong sequences, no surrogates, nothing above U+10FFFF.
//
// Runs in: supervisor, broker and its tools.   Blocks: never.   Source: RFC 3629.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ipc {

// Length of the sequence that starts `text`, which is not empty; 0 where it is invalid.
std::size_t utf8_length(std::string_view text);
// What one valid sequence stands for.
std::uint32_t code_point(std::string_view sequence);
// `code` is one that may be written: no surrogate.
void append_utf8(std::string& out, std::uint32_t code);

}  // namespace ipc
