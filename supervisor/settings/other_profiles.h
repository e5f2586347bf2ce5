// The settings of a run of several profiles are those of its first. What root says finally of one of the others has to
// hold, too: else a profile that is named second would escape it.
//
// Runs in: supervisor.   Blocks: never.
#pragma once

#include "settings/apply.h"

namespace supervisor {

// `line`: with every setting. Which profiles a pattern finds the broker will know: each that it could find counts.
// Fails: kUsage with the place of the final word that does not hold.
ipc::Status check_other_profiles(const CommandLine& line, const SettingSources& sources);

// Whether there can be a name that fits both. True also where only a closer look would tell.
bool may_fit_both(std::string_view one, std::string_view other);

}  // namespace supervisor
