// Tells whether text is valid UTF-8 that looks like what it is: nothing invisible, nothing that steers a terminal.
//
// Blocks: never.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace broker {

struct TextFault {
  std::size_t offset = 0;  // of the first offending byte
  std::string_view why;
};

// Newlines, CR LF and tabs are allowed; nothing where all is well.
std::optional<TextFault> text_fault(std::string_view text);

// Text without such a fault as it may stand in an error: in quotes, in one line, and not long.
std::string in_quotes(std::string_view text);

// Valid UTF-8 without such a fault, in one line; what is not becomes '?'. For a line of output.
std::string harmless(std::string_view text);

// A text from outside, fit for a terminal and a log line: printable ASCII, one line, at most `limit` characters.
std::string printable(std::string_view text, std::size_t limit = 300);

// "1,204".
std::string with_commas(long number);

}  // namespace broker
