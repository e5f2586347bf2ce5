// Says how far this machine's clock is from AWS's, in the one form that a run's start, whoami and the doctor tell.
//
// Runs in: broker and sentinel-doctor.   Blocks: never.
#pragma once

#include <chrono>
#include <string>

namespace ipc {

// "90 minutes behind AWS's", of AWS's clock minus ours; empty below a minute, which misleads no program.
std::string clock_difference_words(std::chrono::seconds aws_minus_ours);

}  // namespace ipc
