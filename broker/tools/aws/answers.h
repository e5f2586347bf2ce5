// Answers a tool's questions in its key process: each is one call to AWS.
//
// Runs in: the key process, once the keys are read.   Blocks: on the tool, and on AWS; each call has its own deadline.
// Owns: the key that comes with a question, until that is answered.
#pragma once

#include "call/context.h"
#include "ipc/messages.h"
#include "profile/resolve.h"
#include "tools/aws/key_channel.h"

struct event_base;

namespace broker {

// Says KeysReady first. Returns when the tool is gone, or sends what ipc/messages.def does not allow. Without keys in
// `context` only questions that come with their key are answered.
void answer_questions(KeyChannel tool, event_base* base, AwsContext& context, const ResolvedProfile& profile);

ipc::AskFailed ask_failed(const ipc::Error& error);

}  // namespace broker
