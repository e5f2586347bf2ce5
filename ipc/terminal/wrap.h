// Text in lines that fit the reader's terminal.
//
// Runs in: supervisor, sentinel-doctor, the tools beside the broker.   Blocks: never.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ipc {

// `text` broken at its blanks into lines of at most `width` columns, where a word leaves the choice: the first begins
// in `column`, the others behind `indent` blanks. A byte counts as a column.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t column, std::size_t width);

}  // namespace ipc
