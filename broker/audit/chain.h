// The chain that a decision log's lines form: each carries its number and the SHA-256 of the line before it, so that a
// line that was changed, taken out, moved or doubled shows.
//
// Blocks: on reading the end of a local file.   Owns: nothing.
// What a chain alone cannot show: lines cut off at the end, and a chain that somebody wrote anew from a line on.
// Against the first stands a head that the reader has kept (`sentinel audit verify --expect-head`), against both a
// signature (audit/signature.h) and a second sink. A line that was cut off (crash, full disk) is ended by a newline;
// the next line carries its hash as `torn`, its number, and the hash of the last whole line as `previous`.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "ipc/result.h"

namespace broker {

// Where the next line belongs. Of a chain's start: no line, 64 zeros.
struct ChainEnd {
  std::uint64_t sequence = 0;  // of the last whole line
  std::string hash = std::string(64, '0');
  std::string torn;      // hash of what follows that line without a newline, or empty
  bool rotated = false;  // the last line says that another file follows this one
  bool alone = false;    // it is the only line of its file
};

// `body`: an object without its last brace. The entry that follows `end`, whole.
std::string chained_entry(std::string_view body, const ChainEnd& end);

// Reads the end of a file of `size` bytes. `label` is what to call it.
// Fails: kConfig where the file ends in something that is not ours; kSystem where it cannot be read.
ipc::Result<ChainEnd> find_chain_end(int fd, off_t size, const std::string& label);

}  // namespace broker
