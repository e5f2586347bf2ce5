// A moment as people read it: in their own time zone, which is named. Machines get UTC (ipc/text/rfc3339.h).
//
// Runs in: supervisor, the tools beside the broker.   Blocks: on the zone's file, once.   Source: tzset(3), TZ.
#pragma once

#include <chrono>
#include <string>

namespace ipc {

// "2026-01-31 13:00:00 CET"; UTC where the zone cannot be read.
std::string local_time(std::chrono::sys_seconds moment);

}  // namespace ipc
