// How a run stands for one of its profiles, as the command of the run may know it (ipc/client/run_status.def).
//
// Blocks: never.   Owns: nothing; fetches nothing.
#pragma once

#include <string>
#include <vector>

#include "decide/authorize.h"
#include "ipc/client/run_status.h"
#include "ipc/messages.h"
#include "run_profiles/run_profile.h"

namespace broker {

// `decision`: of the one who asks; without a verdict where the profile was not judged, since no program has asked for
// it yet. `logs`: where decisions are written. Without `tell_reasons` rule, policy and its hash stay unsaid.
ipc::RunStatus status_of(RunProfile& profile, const Decision& decision, ipc::Transport transport,
                         const std::vector<std::string>& logs, bool tell_reasons);

}  // namespace broker
