// Reads what a descriptor holds into memory of a bounded size.
//
// Runs in: broker and its tools.   Blocks: as the file does.   Not for secrets: the text is an ordinary string.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace broker {

// From where it stands, at most `most` bytes; a caller with a limit asks for one more than that, and sees whether it
// came. Nothing, with errno, where read(2) fails.
std::optional<std::string> read_up_to(int fd, std::size_t most);
// The same from the file's first byte on, wherever the descriptor stands; another process may share it.
std::optional<std::string> read_from_start(int fd, std::size_t most);

}  // namespace broker
