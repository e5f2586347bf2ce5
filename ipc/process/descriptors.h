// Closes what a process must not keep of those it was forked from.
//
// Runs in: every process, before its lock-down.   Blocks: never.
// Source: close_range(2), since Linux 5.9. Container runtimes that are older than it answer EPERM, as they do for every
// call that they do not know: the list in /proc/self/fd is then closed one by one.
#pragma once

#include <limits>

namespace ipc {

// From `first` to `last`, both included. False: errno says why, and some may still be open.
[[nodiscard]] bool close_descriptors(int first, int last = std::numeric_limits<int>::max());

}  // namespace ipc
