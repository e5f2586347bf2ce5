// Gives a file's lines one after another in bounded memory, however long the file or a line is.
//
// Runs in: sentinel-audit.   Blocks: on reading.   Owns: the descriptor.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "ipc/result.h"

namespace broker {

// `whole`: a newline followed. A line longer than kMaxAuditLine comes cut to one byte more, once.
using TakeLine = std::function<void(std::string_view line, bool whole)>;

// "-" is stdin. Fails: kSystem where the file cannot be opened or read to its end.
ipc::Status read_audit_file(const std::string& path, const TakeLine& take);

}  // namespace broker
