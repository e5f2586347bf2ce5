// What a key process does: it protects itself, reads the keys, and answers its tool (tools/aws/answers.h) until the
// tool has no more questions or is gone.
//
// Runs in: the key process, from fork to end.   Blocks: on files and on the source of the keys, then on the tool.
#pragma once

#include "ipc/unique_fd.h"
#include "tools/aws/key_process.h"

namespace broker {

// What fails before KeysReady is told the tool as AskFailed.
[[noreturn]] void run_in_key_process(ipc::UniqueFd tool, const AwsPlace& place);

}  // namespace broker
