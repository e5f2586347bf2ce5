// What is known of a log's end besides its lines: the head that the broker keeps beside it (audit/head.h).
//
// Runs in: sentinel-audit.   Blocks: on a small file.   Owns: nothing.
// Fails: where the head that the user named cannot be read. One that is missing beside the log is no fault: it is said.
#pragma once

#include <optional>
#include <string>

#include "audit/head.h"
#include "audit/signature.h"
#include "ipc/result.h"
#include "tools/arguments.h"

namespace broker {

struct KnownHead {
  std::string path;  // empty where there is none to look for
  std::optional<LogHead> head;
  std::string fault;    // what is wrong with it, as in "is not signed"; it then proves nothing
  std::string unknown;  // why there is none, in words; empty where there is one, or a fault
};

// Of `last_log`, unless an option names one; read it before the log, which may be growing. `key` may be null.
ipc::Result<KnownHead> find_head(const ToolArguments& arguments, const std::string& last_log, const LogKey* key);

}  // namespace broker
