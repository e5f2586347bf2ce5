// A decision as the log shows it: who asked, what policy said, what lifted it.
//
// Runs in: broker, main thread.   Blocks: never.
// Owns: nothing: a line shows the text of its arguments, which must live until it is written; temporaries do not
// compile.
#pragma once

#include <chrono>
#include <string>

#include "audit/log.h"
#include "aws/credentials.h"
#include "caller/caller_check.h"
#include "decide/authorize.h"
#include "decide/run.h"

namespace broker {

// A refusal until its outcome says otherwise.
DecisionLine decision_line(const Run& run, std::chrono::sys_seconds now, const CallerFacts& caller,
                           const Decision& decision);
DecisionLine decision_line(const Run& run, std::chrono::sys_seconds now, CallerFacts&&, const Decision&) = delete;
DecisionLine decision_line(const Run& run, std::chrono::sys_seconds now, const CallerFacts&, Decision&&) = delete;

// Of one whom policy was not asked about; nothing in it looks like a decision of policy.
DecisionLine stranger_line(const Run& run, std::chrono::sys_seconds now, const CallerFacts& caller,
                           const Refusal& refusal);

// Makes it the line of an issue. `request_id` and `narrowed` are shown, as everything else.
void show_issue(DecisionLine& line, const IssueTerms& terms, const IssuedCredentials& keys,
                const std::string& request_id, const std::string& narrowed);

// What a rule narrowed, as "session_policy,hard_expiry"; empty for nothing.
std::string narrowed_words(const Narrowing* narrowing);

// " to process 123 (/usr/bin/aws)"; empty where the kernel named no process.
std::string who(const CallerFacts& caller);

// The transport, as rules name it.
Via via(ipc::Transport transport);

}  // namespace broker
