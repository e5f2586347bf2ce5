// Answers a run without a server: for a command's environment, or for an SDK that asked by credential_process. The
// policy is asked in that mode, the line is written, and the keys go to the supervisor once; then the broker ends.
//
// Runs in: broker, main thread, when the start has succeeded.   Blocks: for the log's disk, with --log-sync.
// Fails: with what the policy refuses now, and where the line cannot be written: no line, no credentials.
#pragma once

#include "audit/log.h"
#include "decide/run.h"
#include "ipc/messages.h"
#include "run_profiles/run_profile.h"

namespace broker {

ipc::Result<ipc::IssuedKeys> issue_once(AuditLog& audit, RunProfile& profile);

// As rules name it.
Mode mode_of(ipc::RunMode mode);

}  // namespace broker
