// Writes a text as a string of JSON. One writer for every process, so that no output of ours breaks a reader of JSON or
// steers the terminal that shows it.
//
// Runs in: supervisor, sentinel-doctor, broker and its tools.   Blocks: never.
// Escaped are quotes, backslashes, control characters with DEL and C1, what changes the direction of text or is not
// seen (ipc/text/plain_text.h), U+2028 and U+2029; bytes that are not UTF-8 become U+FFFD. < > and & are escaped
// because Go's encoder does so: a signature is over bytes, and a reader written in Go compacts what it checks with
// these escapes. What we escape beyond Go, such a reader leaves as it is.
// Source: RFC 8259 7.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ipc {

void append_json_string(std::string& out, std::string_view text);
std::string json_string(std::string_view text);

// A JSON text from elsewhere with the same escapes inside its strings, for a terminal: it stays what it says, in one
// line. `json` is valid.
std::string harmless_json(std::string_view json);

}  // namespace ipc
