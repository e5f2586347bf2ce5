// Tries something in a process of its own, for what cannot be undone (a filter, a namespace) or may never end.
//
// Runs in: sentinel-doctor.   Blocks: at most kProbeWait; then the child is killed.   Owns: the child, until it ended.
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace supervisor {

inline constexpr std::chrono::milliseconds kProbeWait{3000};

struct ProbeEnd {
  int code = -1;       // what the probe returned, 0 to 255; -1: it did not end by itself
  int signal = 0;      // that ended it
  bool begun = false;  // false: no process could be made
};

// `probe` may do what it likes with its process, but return within kProbeWait.
ProbeEnd in_child(const std::function<int()>& probe);

// "Function not implemented": what errno says, for sentences.
std::string error_text(int error);

}  // namespace supervisor
