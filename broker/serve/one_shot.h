// Answers a run without a server: for a command's environment, or for an SDK that asked by credential_process. The
// policy is asked in that mode, the line is written, and the keys go to the supervisor once; then the broker ends.
//
// Runs in: broker, main thread, when the start has succeeded.   Blocks: for the log's disk, with --log-sync.
// Fails: with what the policy refuses now, and where the line cannot be written: no line, no credentials.
#pragma once

#include <string_view>

#include "audit/log.h"
#include "decide/run.h"
#include "ipc/messages.h"
#include "serve/decision_record.h"
#include "serve/run_decisions.h"
#include "serve/startup.h"

namespace broker {

struct OneShotParts {
  AuditLog& audit;
  RunDecisions& decisions;
  const DecisionRecord& record;
  Startup& startup;
};

// `region`: for the command.
ipc::Result<ipc::IssuedKeys> issue_once(const OneShotParts& parts, std::string_view region);

// As rules name it.
Mode mode_of(ipc::RunMode mode);

}  // namespace broker
