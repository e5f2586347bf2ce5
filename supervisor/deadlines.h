// How long the supervisor waits for its helpers, whether they serve a run or answer once.
//
// Runs in: supervisor.
#pragma once

#include <chrono>

namespace supervisor {

inline constexpr std::chrono::seconds kStartDeadline{30};  // until they are ready; the refusal names the number
inline constexpr std::chrono::seconds kHelperGrace{2};     // between end of file and SIGKILL

}  // namespace supervisor
