// The numbered list of profiles, and which of them an answer means.
//
// Runs in: supervisor.   Blocks: never.
// Fails: kUsage for what means no profile or several; the list is then asked from again.
// Trust: the names come from the user's AWS files, and are made harmless where they are shown.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "ipc/result.h"

namespace supervisor {

// "  1  ledger-prod", a line each.
std::string numbered(std::span<const std::string> names);

// By its number, by its whole name, or by a prefix that no other name has.
// Fails: kUsage with what is to be told before it is asked again.
ipc::Result<std::string> chosen(std::span<const std::string> names, std::string_view typed);

}  // namespace supervisor
